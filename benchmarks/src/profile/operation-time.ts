// What a child process tells of one operation, ours or torch's, when it is profiled.

export interface OperationTime {
  /** TensorFlow.js's or torch's name. */
  readonly operation: string;
  /** Shapes of the inputs, if they are needed to tell the kind of work. */
  readonly shapes: readonly (readonly number[])[];
  readonly milliseconds: number;
  readonly calls: number;
}

/** A timed step: all its operations, and its duration with the time between them. */
export interface ProfiledStep {
  readonly milliseconds: number;
  readonly operations: readonly OperationTime[];
}
