// docs/claims.md from the kept results: the same results give the same text.

import type { Metrics } from "@lowrank/trainer";
import { methods } from "../methods/methods.ts";
import { minGain } from "../training/best-rate.ts";
import type { Sweep } from "../training/sweep.ts";
import { besideFullOnE2e, besideFullOnSst2 } from "./claims/beside-full.ts";
import { claims } from "./claims/claims.ts";
import type { KeptResults, SearchedSweep } from "./kept-results.ts";
import {
  inPercent,
  isShare,
  meanAndError,
  meanText,
  ratesOf,
  type Score,
  scoreOf,
  scoreText,
  trainingText,
} from "./scores.ts";

/** The plots that there are results for, by file name. */
export function claimsPage(results: KeptResults, plots: readonly string[]): string {
  const verdicts = claims.map((claim) => ({ ...claim, ...claim.judge(results) }));
  const counts = ["held", "partly", "not held", "not run yet"].map(
    (status) => `${verdicts.filter((verdict) => verdict.status === status).length} ${status}`,
  );
  const plot = (file: string, text: string) => (plots.includes(file) ? ["", `![${text}](claims/${file})`] : []);
  return [
    "<!-- Made by `npm run experiment:page` from experiments/results. Do not edit. -->",
    "# The paper's claims, tried here",
    "",
    "What Hu et al. claim for LoRA (2021), tried with this library's code on both sides of every comparison: the same model, data,",
    "recipe and trainer. The commands and the recipe are in [experiments](../experiments/README.md). The models are small – MiniLM-L6 where the paper",
    "has RoBERTa, GPT-2 and GPT-3 –, so a claim that does not hold here need not be wrong there.",
    "A verdict that rests on one seed may turn with the next.",
    "",
    `Of ${claims.length} claims: ${counts.join(", ")}.`,
    "",
    "| claim | of the paper | here | figures |",
    "|---|---|---|---|",
    ...verdicts.map(({ says, source, status, because }) => `| ${says} | ${source} | **${status}** | ${because} |`),
    ...notTried(results),
    ...trainingsSections(results),
    ...qualitySection(results),
    ...ratesSection(results.sst2Rates),
    ...plot("trade-off.svg", "Accuracy on SST-2 against trained parameters"),
    ...plot("ranks.svg", "Similarity of the subspaces of r = 8 and r = 64, layer by layer"),
    ...plot("seeds.svg", "Similarity of the subspaces of two seeds, layer by layer"),
    ...longerSections("Methods on SST-2", results.sst2Longer),
    ...figuresSection("Methods on E2E", results.e2e),
    ...ratesSection(results.e2eRates),
    ...longerSections("Methods on E2E", results.e2eLonger),
    ...figuresSection("Methods on questions", results.questions),
    ...ratesSection(results.questionsRates),
    ...figuresSection("Methods on instructions", results.instructions),
    ...ratesSection(results.instructionsRates),
    ...figuresSection("Methods on Korean", results.korean),
    ...ratesSection(results.koreanRates),
    ...figuresSection("Methods on pictures", results.digits),
    ...ratesSection(results.digitsRates),
    ...latencySection(results),
    "",
  ].join("\n");
}

function notTried({ questions, korean, digits }: KeptResults): readonly string[] {
  const tasks = Object.entries({ "questions (XQuAD)": questions, Korean: korean, pictures: digits });
  const missing = tasks.flatMap(([task, result]) => (result === undefined ? [task] : []));
  return missing.length === 0 ? [] : ["", `Not tried yet: ${missing.join(", ")}.`];
}

/** Whom longer training helps. */
function trainingsSections(results: KeptResults): readonly string[] {
  return [
    ...trainingsSection("SST-2", "Accuracy in percent", besideFullOnSst2(results), [
      "The paper trains LoRA for 60 epochs on SST-2 (table 9); what it gives for full fine-tuning is from",
      "RoBERTa's authors, who trained for ten.",
    ]),
    ...trainingsSection("E2E", "BLEU", besideFullOnE2e(results), [
      "The paper trains LoRA for five epochs on some 42,000 sentences (table 11); its figures for full fine-tuning are from others.",
    ]),
  ];
}

function trainingsSection(
  task: string,
  figure: string,
  found: ReturnType<typeof besideFullOnSst2>,
  inThePaper: readonly string[],
): readonly string[] {
  if (found === undefined) return [];
  const cell = (score: Score | undefined) =>
    score === undefined
      ? "not run"
      : `${score.method === "full" ? "" : `${score.method}: `}${scoreText(score)}; ${score.loss.toFixed(2)}`;
  return [
    "",
    `## As good as full fine-tuning on ${task}?`,
    "",
    `${figure}, mean of the seeds ± its standard error; behind it the mean loss on what was held out, which grows where a model`,
    "is sure of what it gets wrong. The best is chosen by the figure that it is told with, which flatters LoRA: it was tried in more ways.",
    ...inThePaper,
    "",
    "| trained for | full fine-tuning | best LoRA below half a percent of the parameters | best LoRA |",
    "|---|---|---|---|",
    ...found.trainings.map(
      ({ training, full, small, best }) => `| ${training} | ${cell(full)} | ${cell(small)} | ${cell(best)} |`,
    ),
  ];
}

function longerSections(title: string, sweeps: readonly SearchedSweep[] = []): readonly string[] {
  return sweeps.flatMap((longer) => [
    ...figuresSection(`${title}, trained for ${trainingText(longer)}`, longer),
    ...ratesSection(longer.rates),
  ]);
}

function qualitySection({ sst2 }: KeptResults): readonly string[] {
  if (sst2 === undefined) return [];
  const processors = [...new Set(sst2.runs.map(({ processor, engine }) => `${processor}, ${engine}`))].join("; ");
  return [
    "",
    "## Methods on SST-2",
    "",
    `${aboutOf(sst2)}. Accuracy in percent: mean of the seeds ± its standard error. The error of one figure on 872 sentences is 1.1 points, so of`,
    "differences below two nothing should be read. Learning rates were set once, except for those below, which can cost a method points; one at which the loss did not fall was quartered.",
    `Computed on ${processors}.`,
    "",
    "| method | accuracy | seeds | parameters trained | learning rate |",
    "|---|---|---|---|---|",
    ...methods.map(({ name, label, learningRate }) => {
      const score = scoreOf(sst2, name);
      return score === undefined ? `| ${label} | not run yet | | | ${learningRate} |` : scored(label, score);
    }),
  ];
}

function aboutOf(sweep: Sweep): string {
  return `${sweep.about}; ${trainingText(sweep)}`;
}

/** What was tried, method by method, from the lowest rate; in bold what the search does not tell from the best. */
function ratesSection(sweep: Sweep | undefined): readonly string[] {
  if (sweep === undefined) return [];
  const rows = methods.flatMap(({ name, label }) => {
    const runs = sweep.runs.filter(({ method }) => method === name);
    const best = Math.min(...runs.map(({ after }) => after.loss ?? Number.NaN));
    const cells = [...runs]
      .sort((one, other) => one.learningRate - other.learningRate)
      .map(({ learningRate, after: { loss = Number.NaN } }) => {
        const text = `${learningRate}: ${loss.toFixed(3)}`;
        return loss <= best + minGain ? `**${text}**` : text;
      });
    return runs.length === 0 ? [] : [`| ${label} | ${cells.join("; ")} |`];
  });
  return [
    "",
    `Learning rates that were tried. ${aboutOf(sweep)}, seed 0. A rate was doubled or halved as long as the loss got lower by a thousandth; in bold those within a thousandth of the lowest; a best one at an end of its row was not searched beyond:`,
    "",
    "| method | rate: loss |",
    "|---|---|",
    ...rows,
  ];
}

function scored(label: string, score: Score): string {
  const cells = [label, meanText(score), score.seeds, score.trainable.toLocaleString("en"), score.rates];
  return `| ${cells.join(" | ")} |`;
}

/** Every figure that the runs have, means of the seeds. */
function figuresSection(title: string, sweep: Sweep | undefined): readonly string[] {
  if (sweep === undefined) return [];
  const figures = [...new Set(sweep.runs.flatMap(({ after }) => Object.keys(after)))];
  const cellsOf = (all: readonly Metrics[]) =>
    figures.map((figure) => {
      const known = all.flatMap((one) => inPercent(sweep, figure, one[figure]) ?? []);
      // Nothing where a run lacks the figure.
      return known.length < all.length ? "" : meanText(meanAndError(known), isShare(sweep, figure) ? 1 : 3);
    });
  const heads = figures.map((figure) => (isShare(sweep, figure) ? `${figure}, %` : figure));
  const rows = methods.flatMap(({ name, label }) => {
    const runs = sweep.runs.filter(({ method }) => method === name);
    const [first] = runs;
    if (first === undefined) return [];
    const cells = cellsOf(runs.map(({ after }) => after));
    return `| ${[label, ...cells, runs.length, first.trainable.toLocaleString("en"), ratesOf(runs)].join(" | ")} |`;
  });
  const untrained =
    sweep.untrained && `| ${["the model as it was", ...cellsOf([sweep.untrained]), "", 0, ""].join(" | ")} |`;
  return [
    "",
    `## ${title}`,
    "",
    `${aboutOf(sweep)}.`,
    "",
    `| method | ${heads.join(" | ")} | seeds | parameters trained | learning rate |`,
    `|---|${figures.map(() => "---|").join("")}---|---|---|`,
    ...(untrained === undefined ? [] : [untrained]),
    ...rows,
  ];
}

function latencySection({ latency }: KeptResults): readonly string[] {
  if (latency === undefined) return [];
  const batches = Object.keys(latency.rows[0]?.milliseconds ?? {});
  return [
    "",
    "## Time of a forward pass",
    "",
    `${latency.about}; milliseconds of the fastest of ${Object.values(latency.calls).join(" and ")} calls, made in turns (${latency.processor}, ${latency.engine}). A prefix is computed here as`,
    "tokens that every layer carries along, which is dearer than keys and values alone.",
    "",
    `| | ${batches.map((batch) => `batch ${batch}`).join(" | ")} |`,
    `|---|${batches.map(() => "---|").join("")}`,
    ...latency.rows.map(
      ({ what, milliseconds }) => `| ${what} | ${batches.map((batch) => milliseconds[batch]).join(" | ")} |`,
    ),
  ];
}
