// docs/options.md is made of the table: `npx vitest run --project unit options-page -u` writes it again.

import { expect, it } from "vitest";
import { runOptions } from "./all-options.ts";
import type { OptionGroup, OptionRow } from "./option-table.ts";

const intro = `# Options of a run

\`lowrank train\` and \`adapter.train\` take these; a recipe has them by the names in the first column, the command line as flags:
\`learningRate\` is \`--learning-rate\`. Fields of the adapter are those of \`adapt()\` in the library.`;

function rowOf([name, row]: readonly [string, OptionRow]): string {
  const { argument = "", help, standard, actsOn = [], excludes = [] } = row;
  const facts = [
    ...[actsOn].flat().map(({ isFor }) => `for ${isFor}`),
    ...(standard === undefined ? [] : [`default: ${standard}`]),
    ...(excludes.length === 0 ? [] : [`not with ${excludes.map((each) => `\`${each}\``).join(", ")}`]),
  ];
  const cells = [`\`${name}\``, argument && `\`${argument}\``, [help, ...facts].join("; ").replaceAll(/[|<]/g, "\\$&")];
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
  const page = [intro, ...runOptions.map(section)].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../../../../docs/options.md");
});
