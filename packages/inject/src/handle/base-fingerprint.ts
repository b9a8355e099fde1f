// How an adapter file says which base it was trained on. PEFT ignores what it does not know in a file's metadata.

/** Entry of the safetensors header's metadata that holds the base model's fingerprint. */
export const baseFingerprintKey = "lowrank.base_fingerprint";
