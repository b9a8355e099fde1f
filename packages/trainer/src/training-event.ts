// What a run says while it runs.

/** What an evaluation found; `loss` at least, lower is better. */
export interface Metrics {
  readonly loss: number;
  readonly [name: string]: number;
}

/** The best evaluation so far. */
export interface BestEvaluation {
  readonly step: number;
  readonly value: number;
}

/** The run begins, or goes on. */
interface StartEvent {
  readonly type: "start";
  /** Steps already made (0 unless resumed). */
  readonly step: number;
  /** Steps that the run will have made at its end. */
  readonly steps: number;
  readonly trainableTensors: number;
  readonly trainableParameters: number;
}

/** One optimiser step was made. */
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
}

/** A step was left out, because its loss or a gradient is not finite: no variable was changed, and the run goes on. */
export interface SkipEvent {
  readonly type: "skip";
  /** The step, counted from 1: it counts as one of the run's. */
  readonly step: number;
  readonly steps: number;
  readonly what: "loss" | "gradient";
  readonly value: number;
  /** For a gradient: the variables whose gradients are not finite. */
  readonly names: readonly string[];
  /** How many steps in a row were left out, this one included. */
  readonly inARow: number;
}

/** The learning rate did not suit: the run is back at its start, as if no step had been made, with another one. */
export interface RestartEvent extends RateRestart {
  readonly type: "restart";
  readonly steps: number;
}

/** A change of the learning rate. */
export interface RateRestart {
  /** Steps that were made until then. */
  readonly step: number;
  /** In words. */
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

/** The state was kept. */
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
  /** The step that the variables are of: the last one, or with `keepsBest` that of the best evaluation. */
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
