// What a child process tells of one operation, ours or torch's, when it is profiled.

export interface OperationTime {
  /** TensorFlow.js's or torch's name. */
  readonly operation: string;
  /** Shapes of the inputs, where the kind of work cannot be told without them. */
  readonly shapes: readonly (readonly number[])[];
  readonly milliseconds: number;
  readonly calls: number;
}

/** A step under the clock: all its operations, and how long it took with what lies between them. */
export interface ProfiledStep {
  readonly milliseconds: number;
  readonly operations: readonly OperationTime[];
}
