// What the end-to-end tests share: a folder of their own, the PEFT fixtures, and a way to call the program.

import { readFileSync, realpathSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";

/** Path of a file or folder of a PEFT fixture, without links: a base is shared, and a copy of a link would change it. */
export function fixture(...parts: readonly string[]): string {
  return realpathSync(join(fileURLToPath(new URL("../../../../../fixtures/peft", import.meta.url)), ...parts));
}

/** The facts of a fixture that the tests use. */
export interface ExpectedFacts {
  readonly inputs: {
    readonly input_ids: readonly (readonly number[])[];
    readonly attention_mask: readonly (readonly number[])[];
    readonly labels: readonly (readonly number[])[] | readonly number[];
  };
  readonly adapter_loss: number;
}

/** expected.json of a fixture, which this repository wrote itself. */
export function expectedFacts(name: string): ExpectedFacts {
  return JSON.parse(readFileSync(fixture(name, "expected.json"), "utf8"));
}

/** A temporary folder and the program, called in this process. */
export interface Workplace {
  path(...parts: readonly string[]): string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Calls the program on the cpu engine, whose results are the same on every machine. */
  call(...argv: readonly string[]): Promise<CallResult>;
  remove(): Promise<void>;
}

/** What a call printed and returned. */
interface CallResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: readonly Record<string, unknown>[];
}

/** Makes a workplace; the caller removes it. */
export async function makeWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-cli-"));
  const path = (...parts: readonly string[]) => join(folder, ...parts);
  return {
    path,
    write: async (name, content) => {
      await writeFile(path(name), content);
      return path(name);
    },
    call: async (...argv) => {
      const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" } });
      const code = await run(argv, recording.io);
      const json = argv.includes("--json") ? recording.jsonLines() : [];
      return { code, stdout: recording.stdout(), stderr: recording.stderr(), json };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Calls the program with --json and presses Ctrl-C at, or so long after, the first output that has this text. */
export async function interrupted(
  argv: readonly string[],
  press: { readonly at: string; readonly afterMilliseconds?: number },
) {
  const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" } });
  let isPressed = false;
  const stdout = (text: string) => {
    recording.io.stdout(text);
    if (isPressed || !text.includes(press.at)) return;
    isPressed = true;
    if (press.afterMilliseconds === undefined) recording.interrupt();
    else setTimeout(() => recording.interrupt(), press.afterMilliseconds);
  };
  const code = await run([...argv, "--json"], { ...recording.io, stdout });
  return { code, stdout: recording.stdout(), stderr: recording.stderr() };
}

/** Rows as JSONL. */
export function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
