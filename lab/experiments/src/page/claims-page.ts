// docs/claims.md from the kept results: the same results give the same text.

import { type Claim, statuses, type Verdict } from "./claims/claim.ts";
import { claims } from "./claims/claims.ts";
import type { SavedResults } from "./saved-results.ts";
import { trainingText } from "./scores.ts";
import { tableLines, trainingsTable } from "./tables.ts";

/** `plots`: the pictures that there are, by file name. */
export function claimsPage(results: SavedResults, plots: readonly string[]): string {
  const verdicts = claims.map((claim) => ({ claim, verdict: claim.judge(results) }));
  const counts = statuses.flatMap((status) => {
    const count = verdicts.filter(({ verdict }) => verdict.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return [
    "<!-- Made by `npm run experiment:page` from lab/experiments/results. Do not edit. -->",
    "# The claims of the LoRA paper, tested here",
    "",
    "Hu et al. (2021) make claims for LoRA. This page repeats their experiments on small models: MiniLM-L6 where the paper has RoBERTa, SmolLM2-135M",
    "where it has GPT-2 and GPT-3. A claim that fails here can be true for larger models.",
    "",
    "How to read it:",
    "",
    "- **Equal budgets.** Both sides of a comparison use the same model, rows, epochs and optimizer, and this library's code. Only the last claim uses PEFT.",
    "- **Settings are chosen on held-out rows**, by loss and with one seed. Figures are reported on other rows. The brackets after a learning rate have the",
    "  range of the search; without brackets, there was none.",
    "- **Not shown** means: there are results, but none with an equal budget and a setting chosen on held-out rows.",
    "- `±` is the standard error of the mean over the seeds, three unless a table gives another number. Accuracy on the 872 sentences of SST-2's dev has a sampling error of 1.1",
    "  points in addition: do not read much into differences below two points. A verdict from one seed can change with the next.",
    "",
    "[experiments](../lab/experiments/README.md) has the commands and the recipe, and `lab/experiments/results` every run and every learning rate that was tried.",
    "",
    `Of ${claims.length} claims: ${counts.join(", ")}.`,
    "",
    ...tableLines({
      head: ["claim", "in the paper", "here"],
      rows: verdicts.map(({ claim, verdict }) => [
        `[${claim.title}](#${anchorOf(claim.title)})`,
        claim.source,
        `**${verdict.status}**`,
      ]),
    }),
    ...verdicts.flatMap(({ claim, verdict }) => section(claim, verdict, plots)),
    ...everyTraining(results),
    "",
  ].join("\n");
}

function section(claim: Claim, { status, because, table }: Verdict, plots: readonly string[]): readonly string[] {
  const { picture } = claim;
  return [
    "",
    `## ${claim.title}`,
    "",
    `- **Claim** (${claim.source}): ${claim.statement}`,
    `- **Compared**: ${claim.compared}`,
    `- **${status[0]?.toUpperCase()}${status.slice(1)}**: ${because}`,
    ...(table === undefined ? [] : ["", ...tableLines(table)]),
    ...(picture !== undefined && plots.includes(picture.file)
      ? ["", `![${picture.text}](claims/${picture.file})`]
      : []),
  ];
}

/** Also the trainings that no verdict uses, because only one side was run. */
function everyTraining({ sst2, sst2Rates, sst2Longer = [] }: SavedResults): readonly string[] {
  if (sst2 === undefined) return [];
  const sweeps = [sst2, ...sst2Longer];
  return [
    "",
    "## All methods on SST-2",
    "",
    `${sst2.about}; accuracy in percent. Learning rates are those of 1 epoch; trainings with dropout have a search of their own. A column`,
    "without both full fine-tuning and LoRA is in no verdict. The best figure of a column is chosen on dev itself, and so is too good.",
    "",
    ...tableLines(trainingsTable(sweeps, sst2Rates, sweeps.map(trainingText))),
  ];
}

/** As GitHub makes it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
