// What is known of an engine before it is loaded.

/** One engine. What is absent is false or does not exist. */
export interface EngineFacts {
  /** The name that tf.setBackend knows it by. */
  readonly backend: string;
  /** Where it is tried though nobody asked for it. */
  readonly triedIn: readonly ("node" | "browser")[];
  /** It does the same work as well as the engine above it: a small product decides between them. */
  readonly equalsPrevious?: boolean;
  /** The command that installs its packages. */
  readonly install: string;
  /** Where it is not installed and more must be said than that. */
  readonly missing?: string;
  /** A package that it needs besides, of which a user may have been told otherwise. */
  readonly alsoNeeds?: { readonly package: string; readonly install: string };
  /** The command that brings a library for this system, where the one that npm brought is another's. */
  readonly rebuild?: string;
  /** Engines that are faster, best first: a user who gets this one without choosing it gets a note. */
  readonly slowerThan?: readonly string[];
  /** Why it is worth its installation, where it needs neither a graphics card nor a browser. Ends in a colon. */
  readonly advantage?: string;
}
