// The base model's fingerprint in adapter files. PEFT ignores unknown metadata.

/** Metadata key of the base model's fingerprint in the safetensors header. */
export const baseFingerprintKey = "lowrank.base_fingerprint";
