// What a row may have as a recording.

import type { Sound } from "./read-wav.ts";

/** A recording: a WAV file's name, its bytes, or its samples. */
export type AudioInput = string | Uint8Array | Blob | Sound;
