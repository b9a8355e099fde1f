// XLM-RoBERTa (Conneau et al. 2019), as transformers' modeling_xlm_roberta.py names it: RoBERTa with a hundred languages.

import { likeRoberta } from "./roberta.ts";

/** The tables of `xlm-roberta`. */
export const xlmRoberta = likeRoberta("xlm-roberta", "XLMRoberta");
