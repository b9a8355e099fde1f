// The events of a training run.

/** The results of an evaluation: at least `loss`, where lower is better. */
export interface Metrics {
  readonly loss: number;
  readonly [name: string]: number;
}

/** The best evaluation so far. */
export interface BestEvaluation {
  readonly step: number;
  readonly value: number;
}

/** The run begins or resumes. */
interface StartEvent {
  readonly type: "start";
  /** Steps already made (0 unless resumed). */
  readonly step: number;
  /** Total steps of the run. */
  readonly steps: number;
  readonly trainableTensors: number;
  readonly trainableParameters: number;
}

/** One optimizer step was made. */
export interface StepEvent {
  readonly type: "step";
  /** Counted from 1. */
  readonly step: number;
  readonly steps: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** Mean loss of the step's batches before its update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
  /** Tokens of the step; undefined without `batchSize`. */
  readonly tokens: number | undefined;
  /** Tokens per second over the last steps; undefined without `batchSize`. */
  readonly tokensPerSecond: number | undefined;
  /** Seconds since the start of this run. */
  readonly seconds: number;
  /** Seconds until the last step at the present speed. */
  readonly secondsLeft: number;
  /** Further numbers, from `stepMetrics`. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A step was skipped because its loss or a gradient is not finite. No variable was changed, and the run continues. */
export interface SkipEvent {
  readonly type: "skip";
  /** The step, counted from 1. A skipped step counts as one of the run's steps. */
  readonly step: number;
  readonly steps: number;
  readonly what: "loss" | "gradient";
  readonly value: number;
  /** For a gradient: the variables whose gradients are not finite. */
  readonly names: readonly string[];
  /** Consecutive skipped steps, including this one. */
  readonly inARow: number;
}

/** The learning rate was unsuitable. The run restarts with another one from its first step. */
export interface RestartEvent extends RateRestart {
  readonly type: "restart";
  readonly steps: number;
}

/** A change of the learning rate. */
export interface RateRestart {
  /** Steps that were made before the restart. */
  readonly step: number;
  /** For a message. */
  readonly reason: string;
  readonly learningRateBefore: number;
  readonly learningRate: number;
}

/** The model was evaluated. */
export interface EvaluationEvent {
  readonly type: "evaluation";
  /** Steps made so far. */
  readonly step: number;
  readonly metrics: Metrics;
  readonly isBest: boolean;
  /** Undefined while no evaluation has given a finite number. */
  readonly best: BestEvaluation | undefined;
}

/** The state was saved. */
interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly step: number;
}

/** The run is over. */
export interface EndEvent {
  readonly type: "end";
  readonly reason: "finished" | "aborted" | "stopped-early";
  /** Steps made in all. */
  readonly step: number;
  readonly steps: number;
  readonly seconds: number;
  readonly best: BestEvaluation | undefined;
  /** The step of the final variables: the last one, or with `keepsBest` that of the best evaluation. */
  readonly variablesStep: number;
}

/** Anything that `train` yields. */
export type TrainingEvent =
  | StartEvent
  | StepEvent
  | SkipEvent
  | RestartEvent
  | EvaluationEvent
  | CheckpointEvent
  | EndEvent;
