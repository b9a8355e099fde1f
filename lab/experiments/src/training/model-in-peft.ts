// A model that PEFT trains in a process of its own, with the same batches and metrics as ours.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TokenBatch } from "@lowrank/data";
import { preparedPython } from "../../../benchmarks/src/harness/peer-folders.ts";
import type { TaskModel } from "../tasks/task.ts";

export interface PeftOptions {
  /** A Hugging Face folder. */
  readonly path: string;
  readonly kind: "classes" | "texts";
  readonly method: string;
  readonly seed: number;
  readonly learningRate: number;
  readonly steps: number;
}

export interface ModelInPeft extends TaskModel {
  readonly trainable: number;
  /** Versions of torch and PEFT. */
  readonly engine: string;
  /** One step; its loss. */
  learn(batch: TokenBatch): Promise<number>;
  end(): void;
}

const program = join(import.meta.dirname, "../../peers/in_peft.py");

export async function openInPeft({ path, kind, method, seed, learningRate, steps }: PeftOptions): Promise<ModelInPeft> {
  const args = [program, path, kind, method, ...[seed, learningRate, steps].map(String)];
  const child = spawn(preparedPython(), args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // The program is part of this repository; it answers one line for each request.
  const next = async <Answer>() => JSON.parse(await nextLine(lines)) as Answer;
  const ask = async <Answer>(request: object) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return next<Answer>();
  };
  return {
    ...(await next<Pick<ModelInPeft, "trainable" | "engine">>()),
    learn: (batch) => ask({ learn: plain(batch) }),
    answer: (batch) => ask({ answer: plain(batch) }),
    write: (prompts, max) => ask({ write: [prompts, max] }),
    end: () => child.stdin.end(),
  };
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error(`${program} ended. Its output above has the reason.`);
  return value;
}

function plain({ rows, time, inputIds, attentionMask, labels, labelShape }: TokenBatch) {
  const lists = { inputIds: [...inputIds], attentionMask: [...attentionMask], labels: [...labels] };
  return { rows, time, labelShape, ...lists };
}
