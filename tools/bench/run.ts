/** `npm run bench -- <name> [argument…]`: runs a benchmark; without a name, lists them. */

const benchmarks: { readonly [name: string]: string } = {
  cold: "size of every function, and time to import it in a fresh process [rounds]",
  warm: "CPU and wall time of a call through every handler, compared with the bare SDK calls [rounds]",
  cost: "cost of calls and of storage at list prices, from counted requests",
  load: "throughput and latency of the local stack under load, and memory over many calls [seconds a level]",
  peer: "time compared with credstash's requests, on the same database and key service [rounds]",
  rows: "list and stat in domains with many rows [rounds] [rows…]",
};

const [name = "--help"] = process.argv.splice(2, 1);
if (Object.hasOwn(benchmarks, name)) {
  await import(`./${name}.ts`);
} else {
  const lines = Object.entries(benchmarks).map(([one, about]) => `  ${one.padEnd(8)}${about}`);
  const usage = `npm run bench -- name [argument…]\n\n${lines.join("\n")}\n`;
  const isHelp = name === "--help";
  if (isHelp) process.stdout.write(usage);
  else process.stderr.write(`There is no benchmark "${name}".\n\n${usage}`);
  process.exitCode = isHelp ? 0 : 1;
}
