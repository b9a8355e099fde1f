// What a preset is measured by: prompts that it was not trained on, and a rule that a program can apply.

export interface Trial {
  readonly prompt: string;
  /** Whether an answer passes the rule. */
  passes(answer: string): boolean;
}

export interface Trials {
  /** The rule in words, as the table in the README says it. */
  readonly rule: string;
  readonly trials: readonly Trial[];
}
