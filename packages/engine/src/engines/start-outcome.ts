// What every engine's start function returns, in a file of its own so that engines need not import their table.

/** A backend that is registered and can be switched to. */
export interface StartOutcome {
  /** The name tf.setBackend knows it by. */
  readonly backend: string;
  /** Something a user should know: slower than hoped, or another version than tested. */
  readonly note?: string;
}
