// Shared by the end-to-end tests: a temporary folder, the PEFT fixtures, and a function that runs the program.

import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { addForwardCommand } from "../../../test/forward/command.ts";
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
export interface Workspace {
  path(...parts: readonly string[]): string;
  /** Returns the file's path. */
  write(name: string, content: string | Uint8Array): string;
  /** Calls the program on one engine: cpu, whose results are the same on every machine, unless another was given. */
  call(...argv: readonly string[]): Promise<CallResult>;
}

interface CallResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: readonly Record<string, unknown>[];
}

/** Makes a workspace, which is removed after the tests of the file or of the suite that is described. */
export function makeWorkspace(engine = "cpu"): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "lowrank-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (...parts: readonly string[]) => join(folder, ...parts);
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
    call: async (...argv) => {
      const recording = recordingIo({ environment: { LOWRANK_ENGINE: engine } });
      const code = await run(argv, recording.io, [addForwardCommand]);
      const json = argv.includes("--json") ? recording.jsonLines() : [];
      return { code, stdout: recording.stdout(), stderr: recording.stderr(), json };
    },
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

/** The arguments of a command. An interpolated value is one argument, also with spaces; a list is one argument for each entry. */
export function shell({ raw }: TemplateStringsArray, ...values: readonly (string | readonly string[])[]): string[] {
  const rest = [...values];
  const words = raw.join("\0").split(/\s+/);
  return words
    .filter((word) => word !== "")
    .flatMap((word) => (word === "\0" ? (rest.shift() ?? []) : word.replaceAll("\0", () => String(rest.shift()))));
}

/** Rows as JSONL. */
export function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** The folder of @lowrank/tiny-model. */
export const tiny = fileURLToPath(new URL("../../../../tiny-model/model", import.meta.url));

/** A fixture's rows of tokens with their labels. */
export function tokenRows(name: string): readonly object[] {
  const { inputs } = expectedFacts(name);
  return inputs.input_ids.map((input_ids, row) => ({ input_ids, labels: inputs.labels[row] }));
}

/** A copy of a fixture's base in `folder`, with a tokenizer that has these words, in their order, and no others. */
export function copyWithTokenizer(folder: string, words: readonly string[], name = "gpt2"): string {
  cpSync(fixture(name, "base"), folder, { recursive: true });
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const model = { type: "WordLevel", vocab, unk_token: "[UNK]" };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ model, pre_tokenizer: { type: "Whitespace" } }));
  return folder;
}
