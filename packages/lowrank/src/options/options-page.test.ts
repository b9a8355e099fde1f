// docs/options.md is made of the table: `npx vitest run --project unit options-page -u` writes it again.

import { expect, it } from "vitest";
import { inProgram } from "../check-training-options.ts";
import { runOptions } from "./all-options.ts";
import type { OptionGroup, OptionRow } from "./option-table.ts";
import { aliases } from "./other-names.ts";

const intro = `# Options of a run

\`lowrank train\` and recipes take all of these. The command line has them as flags:
\`learningRate\` is \`--learning-rate\`, also written \`--learning_rate\`.

In a program, the third column names the function that takes the option: \`openModel(model, { … })\`, \`model.adapt({ … })\` or
\`adapter.train(data, { … })\`. Options with \`trainRecipe\` are for recipes alone.

"Only for …" names the runs in which an option has an effect; in other runs it is refused.`;

/** Options whose value in a program is another than in a recipe. */
const otherValues: Readonly<Record<string, string>> = {
  invocation: "`model.adapt({ activationTokens })`, token ids",
  skipBadRows: "`train`, as the function `onBrokenRows`",
  keepCheckpoints: "`train`, as `{ best: true, last: 3 }`",
  queryPrompt: "`train`, as `prompts: { first }`",
  documentPrompt: "`train`, as `prompts: { others }`",
  teacher: "`train`, an opened model",
  reward: "`train`, a function",
  rewardWeights: "`train`, as `reward: [{ reward, weight }]`",
};

/** The function that takes the option, or the whole call if the option has another name there. */
function callOf(name: string): string {
  const call = inProgram(name) ?? "";
  const [, short = call] = new RegExp(`(\\w+)\\((?:\\w+, )?\\{ ${name} \\}\\)$`).exec(call) ?? [];
  return otherValues[name] ?? `\`${short}\``;
}

const otherNames = `## Names of transformers, PEFT and TRL

The command line accepts these flags, with dashes or underscores. Give an option only once, by one of its names. In a
run of several processes, \`--per-device-train-batch-size\` is refused: \`batchSize\` counts the rows of all processes.
In a program, \`adapter.train\` refuses these names, and the error names our option.

| their flag | our flag |
|---|---|
${Object.entries(aliases)
  .map(([ours, other]) => `| \`--${other}\` | \`--${ours}\` |`)
  .join("\n")}`;

function rowOf([name, row]: readonly [string, OptionRow]): string {
  const { argument = "", help, detail, value, standard, actsOn = [], excludes = [] } = row;
  const choices = value.enum?.filter((each) => !`${help}${detail ?? ""}`.includes(each)) ?? [];
  const runs = [actsOn].flat().map(({ runs }) => runs);
  const others = excludes.map((each) => `\`${each}\``).filter((each) => !runs.some((run) => run.includes(each)));
  const facts = [
    ...(choices.length === 0 ? [] : [`One of: ${value.enum?.join(", ")}`]),
    ...(standard === undefined ? [] : [`Default: ${standard}`]),
    ...runs.map((run) => `Only for ${run}`),
    ...(others.length === 0 ? [] : [`Not with ${others.join(", ")}`]),
  ];
  const sentences = [help, ...(detail === undefined ? [] : [detail.replace(/\.$/, "")]), ...facts];
  const cells = [
    `\`${name}\``,
    argument && `\`${argument}\``,
    callOf(name),
    `${sentences.join(". ")}.`.replaceAll(/[|<]/g, "\\$&"),
  ];
  return `| ${cells.join(" | ")} |`;
}

function section({ heading, rows }: OptionGroup): string {
  return [
    `## ${heading.replace(":", "")}`,
    "",
    "| option | value | in a program | what it does |",
    "|---|---|---|---|",
    ...Object.entries(rows).map(rowOf),
  ].join("\n");
}

it("has a page with every option", async () => {
  const page = [intro, ...runOptions.map(section), otherNames].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../../../../docs/options.md");
});
