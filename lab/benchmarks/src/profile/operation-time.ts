// The times of operations that a child process, ours or torch's, reports when it is profiled.

export interface OperationTime {
  /** TensorFlow.js's or torch's name. */
  readonly operation: string;
  /** Shapes of the inputs, if the kind of work depends on them. */
  readonly shapes: readonly (readonly number[])[];
  readonly milliseconds: number;
  readonly calls: number;
}

/** A timed step: all its operations, and its duration with the time between them. */
export interface ProfiledStep {
  readonly milliseconds: number;
  readonly operations: readonly OperationTime[];
}
