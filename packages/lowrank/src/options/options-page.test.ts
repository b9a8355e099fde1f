// docs/options.md is made of the table: `npx vitest run --project unit options-page -u` writes it again.

import { expect, it } from "vitest";
import { aliases } from "./other-names.ts";
import { runOptions } from "./all-options.ts";
import type { OptionGroup, OptionRow } from "./option-table.ts";

const intro = `# Options of a run

\`lowrank train\` and recipes take all of these. The command line has them as flags:
\`learningRate\` is \`--learning-rate\`, also written \`--learning_rate\`. In a program, options of the
adapter are fields of \`model.adapt({ … })\`, those of files are arguments of \`openModel\` and \`train\`, and the rest is given to \`adapter.train(rows, { … })\`.`;

const otherNames = `## Names of transformers, PEFT and TRL

The command line accepts these flags, with dashes or underscores. Give an option only once, by one of its names. In a
run of several processes, \`--per-device-train-batch-size\` is refused: \`batchSize\` counts the rows of all processes.

| their flag | our flag |
|---|---|
${Object.entries(aliases)
  .map(([ours, other]) => `| \`--${other}\` | \`--${ours}\` |`)
  .join("\n")}`;

function rowOf([name, row]: readonly [string, OptionRow]): string {
  const { argument = "", help, detail, value, standard, actsOn = [], excludes = [] } = row;
  const choices = value.enum?.filter((each) => !`${help}${detail ?? ""}`.includes(each)) ?? [];
  const runs = [actsOn].flat().map(({ isFor }) => isFor);
  const others = excludes.map((each) => `\`${each}\``).filter((each) => !runs.some((run) => run.includes(each)));
  const facts = [
    ...(choices.length === 0 ? [] : [`One of: ${value.enum?.join(", ")}`]),
    ...(standard === undefined ? [] : [`Default: ${standard}`]),
    ...runs.map((run) => `Only for ${run}`),
    ...(others.length === 0 ? [] : [`Not with ${others.join(", ")}`]),
  ];
  const sentences = [help, ...(detail === undefined ? [] : [detail.replace(/\.$/, "")]), ...facts];
  const cells = [`\`${name}\``, argument && `\`${argument}\``, `${sentences.join(". ")}.`.replaceAll(/[|<]/g, "\\$&")];
  return `| ${cells.join(" | ")} |`;
}

function section({ heading, rows }: OptionGroup): string {
  return [
    `## ${heading.replace(":", "")}`,
    "",
    "| option | value | what it does |",
    "|---|---|---|",
    ...Object.entries(rows).map(rowOf),
  ].join("\n");
}

it("has a page with every option", async () => {
  const page = [intro, ...runOptions.map(section), otherNames].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../../../../docs/options.md");
});
