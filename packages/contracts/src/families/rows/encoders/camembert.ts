// CamemBERT (Martin et al. 2019), as transformers' modeling_camembert.py names it: RoBERTa in French.

import { likeRoberta } from "./roberta.ts";

/** The tables of `camembert`. */
export const camembert = likeRoberta("camembert", "Camembert");
