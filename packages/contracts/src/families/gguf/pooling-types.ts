// Which states stand for a text, in a file of embeddings.

/** llama.cpp's numbers of them (LLAMA_POOLING_TYPE): 0 is the states of every token, 4 a reranker's score. */
export const ggufPoolingTypes = { mean: 1, first: 2, last: 3 } as const;
