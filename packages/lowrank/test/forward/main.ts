// npm run forward: the program with this command in addition.

import { processIo } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { addForwardCommand } from "./command.ts";

process.exitCode = await run(["forward", ...process.argv.slice(2)], processIo(), [addForwardCommand]);
