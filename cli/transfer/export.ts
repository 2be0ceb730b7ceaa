/** `secret export`: writes the newest version of secrets to a file, sealed unless --plaintext is given. */

import { type Command, Option } from "commander";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { CliError, exitCodes, ProgramEnd } from "../failure.ts";
import { toCondition } from "../filter.ts";
import type { Io } from "../io.ts";
import { printJson, remark, showProgress } from "../output.ts";
import { addParallelOption, type CommonOptions, openSession, type Session } from "../session.ts";
import { toCounted } from "../text.ts";
import type { Entry } from "./entry.ts";
import { writeNewFile } from "./new-file.ts";
import { type PlaintextFormat, plaintextFormats, toPlaintext } from "./plaintext.ts";
import { comparedFields, type ExistingSecret } from "./plan.ts";
import { type SealedSecret, toSealedLines } from "./sealed.ts";
import { patience, type Read, readOwnData, readSealed } from "./store.ts";

interface ExportOptions extends CommonOptions {
  readonly plaintext?: PlaintextFormat;
  readonly parallel: number;
}

export function addExport(program: Command, io: Io): Command {
  const command = program
    .command("export")
    .summary("write secrets to a file, sealed or in plain text")
    .description("Write the newest version of secrets to a new file. Their data is sealed: only KMS can open it.")
    .argument("<file>", "the new file; an existing file is never replaced")
    .argument("[filter...]", "conditions that must all match, for example project=billing (default: all secrets)");
  const plaintext = "write plain text instead, to a file that only you may read (0600)";
  return addParallelOption(command.addOption(new Option("--plaintext <format>", plaintext).choices(plaintextFormats)))
    .addHelpText(
      "after",
      `
A sealed export is a backup, and a way to another stage: secret import sealed FILE reads it, if you may decrypt with its KMS key.
Exports keep name, data, tags, schema, project, service account, trusted secret and expires_at. A dotenv file keeps only the data.

Examples:
  secret export backup.sealed
  secret export billing.yaml project=billing --plaintext yaml
  secret export prod.env name=prod --plaintext dotenv`,
    )
    .action(
      async (file: string, terms: readonly string[]) =>
        await exportSecrets(io, { file, terms }, command.optsWithGlobals()),
    );
}

interface Call {
  readonly file: string;
  readonly terms: readonly string[];
}

async function exportSecrets(io: Io, { file, terms }: Call, options: ExportOptions): Promise<void> {
  if (file === "-")
    throw new CliError("An export needs a new file, and - is not one. For a file with that name, write ./-.");
  const filter = terms.map(toCondition);
  const session = await openSession(io, options);
  const secrets: ExistingSecret[] = [];
  for await (const secret of session.client.listAll(
    { ...session.domain, query: { filter, only: comparedFields } },
    patience,
  )) {
    secrets.push(secret);
  }
  if (secrets.length === 0)
    throw new CliError("No secret matches: there is nothing to export.", "notFound", "ERROR_NOT_FOUND");
  secrets.sort((one, other) => (one.name < other.name ? -1 : 1));
  const reader = new Reader(io, session, { secrets, parallel: options.parallel });
  if (options.plaintext === undefined) await writeSealed(file, reader, session);
  else await writePlaintext(file, reader, options.plaintext);
  report(io, { file, reader, isJson: session.isJson });
  if (options.plaintext === "dotenv")
    remark(io, "A dotenv file holds only the data: tags, schema, project and dates were left out.");
  if (reader.gone.length > 0) throw new ProgramEnd(exitCodes.partial.code);
}

async function writeSealed(file: string, reader: Reader, session: Session): Promise<void> {
  const { domain_id: domainId } = session.domain;
  if (domainId === undefined)
    throw new CliError("Sealed data needs a domain: use --domain, or set domain in the profile.");
  const secrets = reader.read(
    (some, parallel) => readSealed(session, some, parallel),
    ({ secret_id, version, data, encrypt_options }, metadata): SealedSecret => ({
      ...metadata,
      secret_id,
      version,
      data: ownPart(data),
      encrypt_options: ownPart(encrypt_options),
    }),
  );
  await writeNewFile(file, toSealedLines(secrets, domainId, new Date()));
}

/** Creates the file only after all secrets were read and are known to fit the format. */
async function writePlaintext(file: string, reader: Reader, format: PlaintextFormat): Promise<void> {
  const entries: Entry[] = [];
  const read = reader.read(
    (some, parallel) => readOwnData(reader.session, some, parallel),
    (dataText, metadata) => ({ kind: "entry" as const, ...metadata, dataText }),
  );
  for await (const entry of read) entries.push(entry);
  entries.sort((one, other) => (one.path < other.path ? -1 : 1));
  await writeNewFile(file, [await toPlaintext(entries, format)]);
}

/** Leaves out the trusted secret's part, which has a line of its own. */
function ownPart<Value>(members: { readonly [name: string]: Value }): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !name.startsWith("trusted_")));
}

type Metadata = Omit<Entry, "kind" | "dataText" | "earlier">;

class Reader {
  readonly session: Session;
  /** Names of secrets that were deleted, or became invisible to the caller, in between. */
  readonly gone: string[] = [];
  count = 0;
  readonly #io: Io;
  readonly #secrets: readonly ExistingSecret[];
  readonly #parallel: number;
  readonly #names: Map<string, string>;

  constructor(
    io: Io,
    session: Session,
    { secrets, parallel }: { readonly secrets: readonly ExistingSecret[]; readonly parallel: number },
  ) {
    this.session = session;
    this.#io = io;
    this.#secrets = secrets;
    this.#parallel = parallel;
    this.#names = new Map(secrets.map(({ secret_id, name }) => [secret_id, name]));
  }

  async *read<Answer, Exported>(
    readAll: (secrets: readonly ExistingSecret[], parallel: number) => AsyncIterable<Read<Answer>>,
    toExported: (answer: Answer, metadata: Metadata) => Exported,
  ): AsyncGenerator<Exported> {
    for await (const { secret, ...read } of readAll(this.#secrets, this.#parallel)) {
      const exported = await unlessGone(async () => {
        if (read.error !== undefined) throw read.error;
        return toExported(read.answer, await this.#toMetadata(secret));
      });
      if (exported === undefined) {
        this.gone.push(secret.name);
        continue;
      }
      this.count += 1;
      showProgress(this.#io, `Read ${this.count} of ${this.#secrets.length} secrets …`);
      yield exported;
    }
    showProgress(this.#io, "");
  }

  async #toMetadata(secret: ExistingSecret): Promise<Metadata> {
    const { name, tags, schema, project_id, service_account_id, trusted_secret_id, expires_at } = secret;
    return {
      path: name,
      ...(Object.keys(tags).length > 0 && { tags }),
      ...(schema !== null && { schema }),
      ...(project_id !== null && { project_id }),
      ...(service_account_id !== null && { service_account_id }),
      ...(trusted_secret_id !== null && { trusted: await this.#nameOf(trusted_secret_id) }),
      ...(expires_at !== null && { expires_at }),
    };
  }

  /** Exports names of trusted secrets, because ids differ between stages. */
  async #nameOf(secretId: string): Promise<string> {
    const known = this.#names.get(secretId);
    if (known !== undefined) return known;
    const { client, domain } = this.session;
    const { name } = await client.get({ ...domain, secret_id: secretId, only: ["name"] }, patience);
    this.#names.set(secretId, name);
    return name;
  }
}

/** `undefined` for what was deleted, or became invisible, in between. */
async function unlessGone<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SecretApiError && error.code === "ERROR_NOT_FOUND") return undefined;
    throw error;
  }
}

function report(
  io: Io,
  { file, reader, isJson }: { readonly file: string; readonly reader: Reader; readonly isJson: boolean },
): void {
  const { count, gone } = reader;
  if (isJson) printJson(io, { file, secrets: count, gone });
  else remark(io, `Wrote ${toCounted(count, "secret")} to ${file}.`);
  if (gone.length > 0 && !isJson)
    remark(io, `Left out, because they were deleted or moved out of sight meanwhile: ${gone.join(", ")}.`);
}
