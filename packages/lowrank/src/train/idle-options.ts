// Options of a run that would do nothing there: refused rather than passed over, for whoever sets one expects something of it.

import { type LoraConfig, startOf } from "@lowrank/adapter-format";
import type { Task } from "@lowrank/contracts/families";
import type { Example, LabelMeaning, ProblemType } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { TrainingOptionsError } from "@lowrank/trainer";
import type { RowGoal } from "../rows/row-kinds.ts";
import type { TrainingRows } from "../rows/training-rows.ts";
import type { RowsChoice } from "./read-training-rows.ts";
import { type LoopOptions, loopDefaults, type RowOptions } from "./training-options.ts";

/** What is looked into. */
type IdleOptions = RowOptions & LoopOptions & Pick<RowsChoice, "validation" | "validationShare">;

/** What decides which options act. */
export interface AskedRun {
  readonly goal: RowGoal;
  /** Of the first row. */
  readonly kind: Example["kind"] | undefined;
  /** Of a classifier. */
  readonly problem: ProblemType | undefined;
  readonly task: Task;
  /** Whether the rows are the better ones of two answers each. */
  readonly areChosen: boolean;
  readonly hasValidation: boolean;
  /** Of a new adapter. */
  readonly config: Pick<LoraConfig, "init"> | undefined;
}

/** The facts of a run that is about to be prepared. */
export function askedRun(
  { task }: Pick<PretrainedModel, "task">,
  { goal, train, validation, preferences }: TrainingRows,
  { labels, config }: { readonly labels: LabelMeaning } & Pick<AskedRun, "config">,
): AskedRun {
  const [kind, hasValidation] = [train.at(0)?.kind, validation.length > 0];
  return { goal, task, kind, problem: labels.problem, areChosen: preferences > 0, hasValidation, config };
}

/** Options that act together, where they do, and what they are for. */
interface Rule {
  readonly names: readonly (keyof IdleOptions)[];
  readonly isFor: string;
  acts(run: AskedRun, options: IdleOptions): boolean;
}

const areJudged = ({ goal }: AskedRun) => goal === "preference" || goal === "judged";
const scheduleOf = ({ schedule = loopDefaults.schedule }: IdleOptions) => schedule;
const shapeRule = (
  name: keyof NonNullable<IdleOptions["scheduleShape"]>,
  schedules: readonly NonNullable<IdleOptions["schedule"]>[],
): Rule => ({
  names: ["scheduleShape"],
  isFor: `the schedule ${schedules.join(" or ")} (${name})`,
  acts: (_, options) => options.scheduleShape?.[name] === undefined || schedules.includes(scheduleOf(options)),
});

/** Every option that does not act in all runs; others do, or are refused by whoever reads them. */
const rules: readonly Rule[] = [
  {
    names: ["loss"],
    isFor: "rows of texts to compare or of answers that people judged",
    acts: (run) => run.goal === "comparison" || areJudged(run) || run.areChosen,
  },
  {
    names: ["beta", "margin", "desirableWeight", "undesirableWeight"],
    isFor: "rows of answers that people judged",
    acts: areJudged,
  },
  {
    names: ["keepBase", "teacher"],
    isFor: "rows of text, where tokens of two models can be compared",
    acts: ({ goal, task }) => goal === "next-token" && predictsTokens.has(task),
  },
  {
    names: ["keepBase"],
    isFor: "runs without a teacher",
    acts: (_, { teacher }) => teacher === undefined,
  },
  { names: ["teacherShare"], isFor: "runs with a teacher", acts: (_, { teacher }) => teacher !== undefined },
  {
    names: ["divergence", "divergenceTemperature"],
    isFor: "runs with a teacher, or that keep near their base",
    acts: (_, { teacher, keepBase = 0 }) => teacher !== undefined || keepBase !== 0,
  },
  {
    names: ["pooling", "normalise", "prompts"],
    isFor: "rows of texts to compare",
    acts: ({ goal }) => goal === "comparison",
  },
  {
    names: ["labelSmoothing"],
    isFor: "losses over tokens or over classes of which a row has one",
    acts: ({ goal, problem }) => {
      if (goal === "class" || goal === "image-class") return (problem ?? single) === single;
      return goal === "next-token" || goal === "preference";
    },
  },
  { names: ["embeddingNoise", "maxLength"], isFor: "rows of tokens", acts: ({ goal }) => goal !== "image-class" },
  {
    names: ["template"],
    isFor: "rows of text that a template writes",
    acts: ({ kind }) => kind !== undefined && written.has(kind),
  },
  {
    names: ["classNames"],
    isFor: "rows with classes",
    acts: ({ goal, problem }) => (goal === "class" || goal === "image-class") && problem !== "regression",
  },
  {
    names: ["initBatches"],
    isFor: "new adapters whose start looks at data",
    acts: ({ config }) => config !== undefined && startOf(config).measures !== undefined,
  },
  {
    names: ["evalEvery", "evalAtStart", "patience", "bestBy"],
    isFor: "runs with rows to validate on",
    acts: ({ hasValidation }) => hasValidation,
  },
  { names: ["momentum"], isFor: 'the optimizer "sgd"', acts: (_, { optimizer }) => optimizer === "sgd" },
  {
    names: ["betas"],
    isFor: 'the optimizers "adamw" and "lion"',
    acts: (_, { optimizer = "adamw" }) => optimizer === "adamw" || optimizer === "lion",
  },
  shapeRule("cycles", ["cosine-with-restarts"]),
  shapeRule("power", ["polynomial"]),
  shapeRule("endShare", ["polynomial", "wsd"]),
  shapeRule("decayShare", ["wsd"]),
  { names: ["epochs"], isFor: "runs that are not counted in steps", acts: (_, { steps }) => steps === undefined },
  {
    names: ["warmupRatio"],
    isFor: "a warm-up that is not counted in steps",
    acts: (_, { warmupSteps }) => warmupSteps === undefined,
  },
  {
    names: ["validationShare"],
    isFor: "runs that are given no rows to validate on",
    acts: (_, { validation }) => validation === undefined,
  },
];

const predictsTokens: ReadonlySet<Task> = new Set(["causal-lm", "masked-lm", "sequence-to-sequence"]);
const single: ProblemType = "single_label_classification";
const written: ReadonlySet<Example["kind"]> = new Set([
  ...(["completion", "instruction", "text", "chat", "preference", "judged"] as const),
]);

/** Throws a TrainingOptionsError that names every option which would do nothing in this run; 0 asks for nothing. */
export function refuseIdleOptions(run: AskedRun, options: IdleOptions): void {
  const idle = rules.flatMap((rule) => {
    const asked = rule.names.filter((name) => options[name] !== undefined && options[name] !== 0);
    return rule.acts(run, options) ? [] : asked.map((name) => `${name}: does nothing here, it is for ${rule.isFor}`);
  });
  if (idle.length > 0) throw new TrainingOptionsError(idle);
}
