/** `npm run openapi`: writes docs/openapi.json. */

import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { documentPath, documentText } from "./document.ts";

writeFileSync(documentPath, documentText());
process.stdout.write(`Wrote ${relative(process.cwd(), fileURLToPath(documentPath))}.\n`);
