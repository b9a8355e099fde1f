// How a library tells its caller about something odd without printing it.

/** Something the caller should show to a person; the work went on. */
export interface Warning {
  /** Stable name in capitals, for programs. */
  readonly code: string;
  readonly message: string;
}

/** Receives warnings as they arise; a library given none stays silent. */
export type WarningListener = (warning: Warning) => void;
