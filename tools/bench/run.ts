/** `npm run bench -- <name> [argument…]`: runs a benchmark; without a name, lists them. */

const benchmarks: { readonly [name: string]: string } = {
  cold: "size of every function, and its import in a fresh process [rounds]",
  warm: "CPU and time of a call through every handler, beside the bare SDK calls [rounds]",
  cost: "what calls and holding secrets cost at list prices, from counted requests",
  load: "the local stack under load, and memory over many calls [seconds a level]",
  peer: "beside credstash's requests on the same database and key service [rounds]",
  rows: "list and stat of domains of many rows [rounds] [rows…]",
};

const [name = ""] = process.argv.splice(2, 1);
if (Object.hasOwn(benchmarks, name)) {
  await import(`./${name}.ts`);
} else {
  const lines = Object.entries(benchmarks).map(([one, about]) => `  ${one.padEnd(8)}${about}`);
  process.stdout.write(`npm run bench -- <name> [argument…]\n\n${lines.join("\n")}\n`);
  process.exitCode = name === "" ? 0 : 1;
}
