// The file of ONNX Runtime's library, its origin, and the next step if it does not work.

import { EngineUnavailableError } from "../../engine-unavailable-error.ts";
import { installCommandOf, libraryVariable } from "./install-command.ts";

/** The oldest release of ONNX Runtime that can be used. */
export const oldestVersion = "1.17";

/** A file that should be ONNX Runtime's library. */
export interface LibraryFile {
  readonly path: string;
  /** The npm package with the file; "setting" if LOWRANK_ONNX_RUNTIME names the file. */
  readonly origin: "setting" | InstalledPackage;
}

/** An npm package that is installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly folder: string;
}

export interface UnusableLibraryDetails {
  /** True if a newer library is needed, and installing the same one again does not help. */
  readonly isOld?: boolean;
  readonly cause?: unknown;
}

/** ONNX Runtime's library exists but cannot be used. Install it again, or set another one as the message describes. */
export class UnusableLibraryError extends EngineUnavailableError {
  constructor(
    readonly library: LibraryFile,
    /** A part of a sentence that follows the file's name: "is cut short: …". */
    readonly fault: string,
    { isOld = false, cause }: UnusableLibraryDetails = {},
  ) {
    const { subject, advice, command } = nextStep(library, isOld);
    super(`${subject} ${fault}; ${advice}`, command, cause);
  }
}

function nextStep({ path, origin }: LibraryFile, isOld: boolean) {
  if (origin === "setting")
    return {
      subject: `${libraryVariable} names "${path}", which`,
      advice: `set ${libraryVariable} to a libonnxruntime ${oldestVersion} or later, or unset it`,
    };
  return {
    subject: `"${path}" of ${origin.name}`,
    advice: isOld ? "install a newer one" : `delete "${origin.folder}" and install it again`,
    command: installCommandOf(origin.name, isOld ? "latest" : undefined),
  };
}
