// Claims about how good adapted models are: sections 5 and 7.1 of the paper.

import { matrices, rankName, ranks, standard } from "../../methods/lora.ts";
import { labelOf, methods } from "../../methods/methods.ts";
import type { Sweep } from "../../training/sweep.ts";
import { type Score, scoreOf, scoreText } from "../scores.ts";
import { figuresTable, rateText } from "../tables.ts";
import { type Claim, notRun, statusOf, type Verdict } from "./claim.ts";
import { cellOf, compareWithFull, isAsGood, isBetter, percentOf } from "./compare-with-full.ts";

/** Methods that the paper compares LoRA with, or that came after it, in addition to full fine-tuning. */
const others = ["bitfit", "adapter-houlsby", "adapter-pfeiffer", "prefix", "prompt", "ia3"];
/** LoRA as the paper has it, and on every layer. */
const everywhere = rankName(8, "all");

export const asGoodAsFull: Claim = {
  title: "As good as full fine-tuning: classification",
  statement: "LoRA is as good as full fine-tuning with less than half a percent of its parameters.",
  source: "table 2",
  compared:
    "MiniLM on SST-2 with the same epochs and dropout on both sides; accuracy on dev in percent, with the loss. The LoRA method of each row is the one with the lowest loss on 800 held-out training sentences, after 1 epoch or after 3 epochs with dropout. Full fine-tuning keeps its rate with dropout: half of it has a lower loss there, but no higher accuracy. The paper trains LoRA for 60 epochs (table 9) and takes full fine-tuning, with ten, from RoBERTa's authors.",
  judge({ sst2, sst2Rates, sst2Longer = [] }) {
    const found = compareWithFull([sst2 && { ...sst2, rates: sst2Rates }, ...sst2Longer]);
    if (found === undefined) return notRun("It needs both methods on SST-2", `sst2 --only full,${standard}`);
    return verdictOf(found);
  },
};

export const asGoodAtWriting: Claim = {
  title: "As good as full fine-tuning: text generation",
  statement: "The same holds for a model that generates text.",
  source: "table 3",
  compared:
    "SmolLM2-135M on E2E, BLEU on 100 restaurants after 1 epoch on both sides. The LoRA method and all learning rates are those with the lowest loss on 100 other held-out restaurants. The paper trains LoRA for five epochs on about 42,000 sentences (table 11) and takes full fine-tuning from others.",
  judge({ e2e, e2eRates, e2eLonger = [] }) {
    const found = compareWithFull([e2e && { ...e2e, rates: e2eRates }, ...e2eLonger]);
    if (found === undefined || e2e === undefined) return notRun("It needs E2E", `e2e --only full,${standard}`);
    return { ...verdictOf(found), table: figuresTable(e2e, e2eRates) };
  },
};

/** The verdict of a comparison, in one sentence. */
function verdictOf({ status, budgets, table }: NonNullable<ReturnType<typeof compareWithFull>>): Verdict {
  if (status === "not shown") return { status, because: "no LoRA method was searched on held-out rows." };
  const [first] = budgets;
  if (first !== undefined && budgets.length === 1) {
    const sides = {
      "full fine-tuning": first.full,
      "LoRA below half a percent": first.small,
      "LoRA of any size": first.any,
    };
    const texts = Object.entries(sides).map(
      ([side, score]) => `${side} ${score === undefined ? "–" : cellOf(score, first.full)}`,
    );
    return { status, because: `${texts.join("; ")}.`, table };
  }
  const times = (score: "small" | "any") => budgets.filter((one) => isAsGood(one[score], one.full)).length || "none";
  return {
    status,
    because: `of ${budgets.length} trainings, LoRA below half a percent of the parameters came within half a point of full fine-tuning in ${times("small")}, and LoRA of any size in ${times("any")}.`,
    table,
  };
}

export const asGoodElsewhere: Claim = {
  title: "As good as full fine-tuning: other tasks",
  statement: "The same holds for questions about a text, instructions, another language and images.",
  source: "section 5, Alpaca, KoAlpaca",
  compared:
    "XQuAD's English questions (MiniLM), Self-Instruct's seed tasks and the Korean constitution (SmolLM2-135M), and MNIST (a small ViT), with the same epochs on both sides. LoRA is fixed in advance: r = 8, on query and value or on all linear layers. Learning rates with a range in brackets were searched on other held-out rows.",
  judge({ questions, questionsRates, instructions, instructionsRates, korean, koreanRates, digits, digitsRates }) {
    const tasks = [
      { task: "questions", experiment: "questions", swept: questions, search: questionsRates },
      { task: "instructions", experiment: "instructions", swept: instructions, search: instructionsRates },
      { task: "Korean", experiment: "korean", swept: korean, search: koreanRates },
      { task: "images", experiment: "digits", swept: digits, search: digitsRates },
    ];
    const found = tasks.flatMap(({ task, swept, search }) => {
      const [full, small] = [scoreOf(swept, "full"), scoreOf(swept, standard)];
      const large = scoreOf(swept, everywhere) ?? small;
      return swept === undefined || full === undefined || large === undefined
        ? []
        : [{ task, swept, search, full, small: small && percentOf(small, full) < 0.5 ? small : undefined, large }];
    });
    const missing = tasks.flatMap(({ task, experiment }) =>
      found.some((one) => one.task === task) ? [] : [experiment],
    );
    if (missing.length > 0) return notRun("It needs LoRA and full fine-tuning on each", missing.join(" "));
    const listed = (size: "small" | "large") =>
      found.flatMap((one) => (isAsGood(one[size], one.full) ? [one.task] : [])).join(", ") || "no task";
    return {
      status: statusOf(found.flatMap(({ full, small, large }) => [isAsGood(small, full), isAsGood(large, full)])),
      because: `LoRA below half a percent of the parameters came within half a point on ${listed("small")}, and the largest LoRA that was run on ${listed("large")}.`,
      table: {
        head: ["task, figure", "method", "%", "loss", "epochs", "parameters trained", "learning rate (tried)"],
        rows: found.flatMap((one) => taskRows(one.task, one.swept, one.search)),
      },
    };
  },
};

function taskRows(task: string, swept: Sweep, search: Sweep | undefined): readonly (readonly (string | number)[])[] {
  const before = swept.untrained?.[swept.figure];
  const start = [`${task}, ${swept.figure}`];
  const untrained = [...start, "before training", (100 * (before ?? 0)).toFixed(1), lossText(swept.untrained?.loss)];
  return [
    ...(before === undefined ? [] : [[...untrained, 0, 0, ""]]),
    ...methods.flatMap(({ name, label }) => {
      const score = scoreOf(swept, name);
      if (score === undefined) return [];
      const cells = [scoreText(score), lossText(score.loss), swept.epochs, score.trainable.toLocaleString("en")];
      return [[...start, label, ...cells, rateText(swept, search, name)]];
    }),
  ];
}

function lossText(loss: number | undefined): string {
  return loss?.toFixed(2) ?? "";
}

export const betterThanOthers: Claim = {
  title: "Better than other methods of the same size",
  statement: "With as few parameters, LoRA is better than adapter layers, prefixes, prompts and biases.",
  source: "tables 2 to 4, figure 2",
  compared:
    "MiniLM on SST-2, accuracy on dev in percent after 1 epoch. The opponent of each method is LoRA on query and value with the highest rank that has no more parameters, or r = 1. A difference counts if it is larger than its standard error over the seeds.",
  picture: { file: "trade-off.svg", text: "Accuracy on SST-2 and number of trained parameters" },
  judge({ sst2, sst2Rates }) {
    const loras = ranks.flatMap((rank) => scoreOf(sst2, rankName(rank, "qv")) ?? []);
    const found = others.flatMap((name) => {
      const score = scoreOf(sst2, name);
      const lora = loras.filter(({ trainable }) => trainable <= (score?.trainable ?? 0)).at(-1) ?? loras[0];
      return score === undefined || lora === undefined ? [] : [{ score, lora }];
    });
    if (sst2 === undefined || found.length === 0)
      return notRun("It needs LoRA and at least one other method", `sst2 --only ${[standard, ...others].join(",")}`);
    const missing = others.filter((name) => scoreOf(sst2, name) === undefined);
    const verdict = statusOf(found.map(({ score, lora }) => isBetter(lora, score)));
    const better = found.flatMap(({ score, lora }) =>
      isBetter(lora, score) ? [labelOf(score.method).split(/[:,]/)[0] ?? ""] : [],
    );
    const rest = missing.length === 0 ? "" : ` Not run yet: ${missing.join(", ")}.`;
    return {
      // "held" needs all rivals.
      status: verdict === "held" && missing.length > 0 ? "partly" : verdict,
      because: `LoRA is better than ${better.length} of ${found.length} methods: ${better.join(", ") || "none"}.${rest}`,
      table: {
        head: [
          "method",
          "parameters",
          "learning rate (tried)",
          "accuracy",
          "LoRA, query and value",
          "LoRA's parameters",
        ],
        rows: found.map(({ score, lora }) => [
          labelOf(score.method),
          score.trainable.toLocaleString("en"),
          rateText(sst2, sst2Rates, score.method),
          scoreText(score),
          `${scoreText(lora)} (${lora.method})`,
          lora.trainable.toLocaleString("en"),
        ]),
      },
    };
  },
};

export const asGoodAsPeft: Claim = {
  title: "As good as PEFT",
  statement: "With the same recipe, this library trains as well as PEFT.",
  source: "ours",
  compared:
    "The same model, rows and learning rates in both libraries, 1 epoch. Figures are those of SST-2's dev and of E2E's 100 restaurants.",
  judge({ sst2, sst2InPeft, e2e, e2eInPeft }) {
    const tasks = [
      // With one seed on a side: the sampling error of 872 sentences, and how far two seeds of LoRA may differ.
      { name: "SST-2, accuracy in %", sweep: sst2, inPeft: sst2InPeft, minError: 1.1 },
      { name: "E2E, BLEU", sweep: e2e, inPeft: e2eInPeft, minError: 2 },
    ];
    const found = tasks.flatMap(({ name, sweep, inPeft, minError }) =>
      [standard, "full", "head"].flatMap((method) => {
        const [ours, peer] = [scoreOf(sweep, method), scoreOf(inPeft, method)];
        return ours === undefined || peer === undefined ? [] : [{ name, method, ours, peer, minError }];
      }),
    );
    const command = `sst2 --only ${standard},full,head\` and \`npm run experiment -- sst2-peft`;
    if (found.length === 0) return notRun("It needs both sides", command);
    const isAlike = ({ ours, peer, minError }: { ours: Score; peer: Score; minError: number }) =>
      peer.mean - ours.mean <= Math.hypot(ours.error ?? minError, peer.error ?? minError);
    return {
      status: statusOf(found.map(isAlike)),
      because: `in ${found.filter(isAlike).length} of ${found.length} comparisons lowrank is not behind PEFT by more than the standard error of the difference.`,
      table: {
        head: ["task", "method", "lowrank", "PEFT"],
        rows: found.map(({ name, method, ours, peer }) => [name, labelOf(method), scoreText(ours), scoreText(peer)]),
      },
    };
  },
};

export const smallRanksSuffice: Claim = {
  title: "Rank 1 is enough",
  statement: "A rank as small as one is enough for query and value.",
  source: "table 6",
  compared:
    "MiniLM on SST-2, accuracy on dev in percent after 1 epoch. Learning rates were searched on held-out training sentences.",
  judge({ sst2, sst2Rates }) {
    const found = ranks.flatMap((rank) => scoreOf(sst2, rankName(rank, "qv")) ?? []);
    const [one, highest] = [scoreOf(sst2, rankName(1, "qv")), scoreOf(sst2, rankName(ranks.at(-1) ?? 0, "qv"))];
    if (sst2 === undefined || one === undefined || highest === undefined)
      return notRun("It needs the ranks", `sst2 --only ${ranks.map((rank) => rankName(rank, "qv")).join(",")}`);
    return {
      status: statusOf([isAsGood(one, highest)]),
      because: `r = 1 reaches ${scoreText(one, " %")} and r = ${ranks.at(-1)} ${scoreText(highest, " %")}; up to half a point counts as equal.`,
      table: sst2Table(found, sst2, sst2Rates),
    };
  },
};

export const queryAndValueTogether: Claim = {
  title: "Query and value together",
  statement:
    "With one number of parameters, adapting query and value is better than adapting one matrix with a higher rank.",
  source: "table 5",
  compared:
    "MiniLM on SST-2, accuracy on dev in percent after 1 epoch. Every row has the same number of parameters and the same learning rate. This rate was searched for query and value only, which favours them.",
  judge({ sst2, sst2Rates }) {
    const found = matrices.map((row) => ({ row, score: scoreOf(sst2, row.name) }));
    const missing = found.filter(({ score }) => score === undefined).map(({ row }) => row.name);
    const both = scoreOf(sst2, rankName(4, "qv"));
    if (sst2 === undefined || both === undefined || missing.length > 0)
      return notRun("Rows of the table are missing", `sst2 --only ${missing.join(",")}`);
    const scores = found.flatMap(({ score }) => score ?? []);
    const single = found.flatMap(({ row, score }) => (row.rank === 8 && score !== undefined ? [{ row, score }] : []));
    const better = single.flatMap(({ row, score }) => (isBetter(both, score) ? [row.adapted] : []));
    return {
      status: statusOf(single.map(({ score }) => isBetter(both, score))),
      because: `query and value are better than ${better.length} of ${single.length} single matrices by more than the standard error of the difference: ${better.join(", ") || "none"}.`,
      table: sst2Table(scores, sst2, sst2Rates),
    };
  },
};

function sst2Table(scores: readonly Score[], sst2: Sweep, search: Sweep | undefined) {
  return {
    head: ["method", "parameters", "learning rate (tried)", "accuracy"],
    rows: scores.map((score) => [
      labelOf(score.method),
      score.trainable.toLocaleString("en"),
      rateText(sst2, search, score.method),
      scoreText(score),
    ]),
  };
}
