// Reads a client's file in a process of its own, so that the model's thread does not wait, and the memory is given back.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LowrankError } from "@lowrank/contracts";
import { fileOfPackage } from "@lowrank/data/internal/node";
import { readTrainingFile, type TrainingFile, type TrainingRows } from "./training-file.ts";
import type { ReadAnswer } from "./training-file-process.ts";
import { yieldToOthers } from "./yield-to-others.ts";

/** V8's heap of the process: rows of 16 MiB fit, one at a time. */
const maxHeap = 192; // MiB

interface ProcessSettings {
  /** Arguments of Node.js. */
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Throws the errors of `readTrainingFile`, and TRAINING_FILE if the memory does not suffice. */
export async function readInProcess(file: TrainingFile, { execArgv, env }: ProcessSettings): Promise<TrainingRows> {
  const program = fileOfPackage("lowrank", "cli/serve/training-file-process");
  if (program === undefined) return readTrainingFile(file); // this program was bundled into one file
  const child = fork(fileURLToPath(program), {
    execArgv: [...execArgv, `--max-old-space-size=${maxHeap}`],
    env,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  if (child.pid !== undefined) yieldToOthers(child.pid);
  try {
    const answer = await new Promise<ReadAnswer>((resolve, reject) => {
      const code = "TRAINING_FILE";
      child.once("message", (message) => resolve(message as ReadAnswer)); // from training-file-process.ts
      child.once("exit", () => resolve({ code, message: "Its rows need too much memory. Upload shorter rows." }));
      child.once("error", reject);
      child.send(file);
    });
    if ("rows" in answer) return answer.rows;
    throw answer.code === undefined ? new Error(answer.message) : new LowrankError(answer.code, answer.message);
  } finally {
    child.kill("SIGKILL");
  }
}
