export { lowrankEmbedding } from "./ai-sdk/embedding-model.ts";
export { lowrank } from "./ai-sdk/language-model.ts";
