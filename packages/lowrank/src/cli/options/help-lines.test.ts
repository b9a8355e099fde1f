import { type Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { recipeOptions } from "../../options/all-options.ts";
import { createProgram } from "../program.ts";
import { helpLine, maxHelpLine } from "./help-lines.ts";

const program = createProgram(recordingIo().io);
const commands = program.commands.flatMap((each) => [each, ...each.commands]);

/** The output on a terminal of 100 columns. */
async function help(...argv: readonly string[]): Promise<string> {
  const recording = recordingIo();
  const made = createProgram(recording.io);
  for (const each of [made, ...made.commands]) each.configureOutput({ getOutHelpWidth: () => 100 });
  await expect(made.parseAsync(argv, { from: "user" })).rejects.toThrow(CommanderError);
  return recording.stdout();
}

describe("a line of help", () => {
  it.each(commands.map((command) => [command.name(), command] as const))("of %s is short", (_, command: Command) => {
    const lines = [command.summary(), ...command.options.map(helpLine)];
    expect(lines.filter((line) => line.length > maxHelpLine)).toEqual([]);
  });

  it("of the table is short also for a command that does not have the option", () => {
    expect([...recipeOptions.values()].map((row) => row.help).filter((text) => text.length > maxHelpLine)).toEqual([]);
  });

  it("ends with choices, if they fit, and the default", () => {
    const lineOf = (flag: string) => {
      const option = commands.find((each) => each.name() === "train")?.options.find(({ long }) => long === flag);
      return option && helpLine(option);
    };
    expect(lineOf("--template")).toBe(
      "prompt template: plain, alpaca, vicuna, koalpaca, chat (default: by model and rows)",
    );
    expect(lineOf("--weight-decay")).toBe("weight decay of the optimizer (default: 0.01)");
    expect(lineOf("--best-by")).not.toContain("perplexity");
  });
});

describe("help of a command with many options", () => {
  it.each(["train", "tune", "plan"])("of %s fits three screens of 24 lines, 100 columns wide", async (command) => {
    expect((await help(command, "--help")).trimEnd().split("\n").length).toBeLessThanOrEqual(72);
  });

  it("has the common options first, and all with --help-all", async () => {
    const [some, all] = [await help("train", "--help"), await help("train", "--help-all")];
    for (const flag of ["--learning-rate", "--rank", "--help-all"]) expect(some).toContain(`  ${flag} `);
    for (const flag of ["--lora-plus-ratio", "--no-group-by-length", "--distributed"]) {
      expect(some).not.toContain(`  ${flag} `);
      expect(all).toContain(`  ${flag} `);
    }
  });

  it("ends with the address of the options' page", async () => {
    expect(await help("train", "--help")).toMatch(/docs\/options\.md\n$/);
    expect(await help("inspect", "--help")).not.toContain("options.md");
  });

  it("does not hide an option from the proposal for a misspelt one", async () => {
    const recording = recordingIo();
    const requested = createProgram(recording.io).parseAsync(
      ["train", "--model", "m", "--data", "d", "--out", "o", "--patiense", "2"],
      { from: "user" },
    );
    await expect(requested).rejects.toThrow("--patience");
  });
});
