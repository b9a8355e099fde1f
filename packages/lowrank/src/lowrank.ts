// The program `lowrank`: passes the process's arguments, streams and signals to `run` and exits with its code.

import { processIo } from "./cli/io.ts";
import { run } from "./cli/run.ts";

process.exitCode = await run(process.argv.slice(2), processIo());
