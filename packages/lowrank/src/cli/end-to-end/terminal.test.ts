// The view of a person at a terminal: the program runs in a real one, an emulator shows it.

import { cpSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasTerminals, keys, startInTerminal } from "./terminal-session.ts";
import { fixture, jsonl, makeWorkspace, tiny } from "./workspace.ts";

if (!hasTerminals) process.stderr.write("skipped: util-linux's script, which makes terminals, is not here\n");
const template =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

const work = makeWorkspace();

const data = work.write("rows.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));
cpSync(tiny, work.path("model"), { recursive: true });
writeFileSync(work.path("model", "chat_template.jinja"), template);

describe.skipIf(!hasTerminals).each([80, 100])("a terminal of %i columns", { timeout: 60_000 }, (columns) => {
  function train(steps: string, ...more: readonly string[]) {
    const out = work.path(`out-${columns}-${steps}`);
    const argv = ["train", "--model", fixture("gpt2", "base"), "--data", data, "--out", out, "--steps", steps, ...more];
    return startInTerminal(argv, columns);
  }

  it("shows a training's validations on separate lines and one complete bar", async () => {
    const session = train("40", "--validation", data, "--eval-every", "10");
    expect(await session.ended()).toBe(0);
    const rows = await session.rows();
    const validated = rows.filter((row) => row.startsWith("  step "));
    expect(validated.map((row) => /^ {2}step (\d+) {2}validation loss [\d.]+/.exec(row)?.[1])).toEqual([
      "0",
      "10",
      "20",
      "30",
      "40",
    ]);
    expect(rows.filter((row) => row.includes("█"))).toEqual([expect.stringMatching(/^ {2}█{12,28} 40\/40 {2}loss /)]);
    expect(rows.filter((row) => row.startsWith("loss "))).toEqual([
      expect.stringMatching(/^loss {19}[\d.e-]+ → [\d.e-]+ \(means of 4 steps\)$/),
    ]);
  });

  it("leaves the bar, the result of Ctrl-C, and an empty line for the shell", async () => {
    const session = train("1000000");
    await session.sees(/\d tokens\/s/); // the bar is there before the first step, with a dash
    session.press(keys.controlC);
    expect(await session.ended()).toBe(130);
    const rows = await session.rows();
    expect(rows.filter((row) => /█|░/.test(row))).toHaveLength(1);
    expect(rows.join("\n")).not.toMatch(/\^C./);
    expect(rows.at(-1)).toBe("");
    const message = rows.slice(rows.findIndex((row) => /█|░/.test(row)) + 1).join("");
    expect(message).toMatch(/^[^░█]+--resume[^░█]+$/);
  });

  it("has a conversation: an answer that Ctrl-C stops, an earlier line by a key, Ctrl-D at its end", async () => {
    const session = startInTerminal(["chat", "--model", work.path("model"), "--max-new-tokens", "300"], columns);
    await session.sees(/Ctrl-D ends\.\n> $/);
    session.press(`Hello${keys.enter}`);
    await session.sees(/> Hello\n.+/);
    session.press(keys.controlC);
    await session.sees(/> Hello\n[^>]+\n\(stopped\)\n> $/);
    session.press(`${keys.up}${keys.enter}`);
    await session.sees(/> Hello\n[^>]+> Hello\n[^>]+/);
    session.press(keys.controlC);
    await session.sees(/> Hello\n[^>]+> Hello\n[^>]+\(stopped\)\n> $/);
    session.press(`/nothing${keys.enter}`);
    await session.sees(/There is no command/);
    session.press(keys.controlC);
    await session.sees(/\(Ctrl-D or \/exit ends the conversation\)\n> $/);
    session.press(keys.controlD);
    expect(await session.ended()).toBe(0);
    expect((await session.rows()).at(-1)).toBe("");
  });
});
