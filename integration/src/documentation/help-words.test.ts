// Help uses the words of docs/glossary.md: what every command prints, and the page that is made of the table of options.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { avoidedIn } from "./avoided-words.ts";

const root = join(import.meta.dirname, "../../..");

/** One process for the help of all commands: each one would take a second to start. */
const printHelp = `
  const { createProgram } = await import("./packages/lowrank/src/cli/program.ts");
  const print = (command) => {
    console.log(command.summary() + "\\n" + command.helpInformation());
    command.commands.forEach(print);
  };
  print(createProgram({ stdout() {}, stderr() {}, environment: {} }));
`;

const found = (text: string) => text.split("\n").flatMap((line) => avoidedIn(line).map((word) => `${word}: ${line}`));

describe("the words of help", () => {
  it("are the field's, for every command and option", async () => {
    const node = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", printHelp];
    const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: root });
    expect(stdout.match(/^Usage: /gm)?.length).toBeGreaterThan(20);
    for (const option of ["--lora-plus-ratio", "--help-all", "--rows <number>"]) expect(stdout).toContain(option);
    expect(found(stdout)).toEqual([]);
  });

  it("are the field's on the page of options", () => {
    expect(found(readFileSync(join(root, "docs/options.md"), "utf8"))).toEqual([]);
  });

  it("are reported, if they are ours", () => {
    expect(found("measure so often\ngradients")).toEqual(["so often → N, a number: measure so often"]);
  });
});
