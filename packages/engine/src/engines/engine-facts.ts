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

/** One backend. What is absent is false. */
export interface BackendFacts {
  /** Where values lie: in this process' memory, or on a graphics card, for whose values a program must wait. */
  readonly memory: "process" | "card";
  /** It has done with an array when an operation on it returns; others may read it later. */
  readonly computesAtOnce?: boolean;
  /** It copies the array that a tensor is made of at once; others keep the array itself, for good or for a while. */
  readonly copiesArrays?: boolean;
  /** It multiplies a single row up to ten times faster by a matrix that is stored as [inFeatures, outFeatures]. */
  readonly needsPlainProducts?: boolean;
  /** Whole numbers are floats, which tell the places of 16 million entries apart and no more; scatters are slow. */
  readonly hasFloatIndices?: boolean;
  /** Its segment sum goes through all rows for each segment, and spreads a NaN to all of them. */
  readonly hasPoorSegmentSum?: boolean;
  /** Its scatter forgets all other entries where tfjs-core is loaded twice: tfjs-node brings one of its own. */
  readonly hasPoorScatter?: boolean;
}
