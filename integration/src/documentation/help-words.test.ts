// Help uses the words of docs/glossary.md: what every command prints, and the page that is made of the table of options.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../../packages/lowrank/src/cli/program.ts";
import { recordingIo } from "../../../packages/lowrank/test/recording-io.ts";
import { avoidedIn } from "./avoided-words.ts";

const root = join(import.meta.dirname, "../../..");

/** The program and each of its commands. */
function helpOf(command: ReturnType<typeof createProgram>): string {
  const own = `${command.summary()}\n${command.helpInformation()}\n`;
  return own + command.commands.map(helpOf).join("");
}

const found = (text: string) => text.split("\n").flatMap((line) => avoidedIn(line).map((word) => `${word}: ${line}`));

describe("the words of help", () => {
  it("are the field's, for every command and option", () => {
    const help = helpOf(createProgram(recordingIo().io));
    expect(help.match(/^Usage: /gm)?.length).toBeGreaterThan(20);
    for (const option of ["--lora-plus-ratio", "--help-all", "--rows <number>"]) expect(help).toContain(option);
    expect(found(help)).toEqual([]);
  });

  it("are the field's on the page of options", () => {
    expect(found(readFileSync(join(root, "docs/options.md"), "utf8"))).toEqual([]);
  });

  it("are reported, if they are ours", () => {
    expect(found("measure so often\ngradients")).toEqual(["so often → N, a number: measure so often"]);
  });
});
