"""The figures of the paper's table 3: stdin {"candidates": […], "references": [[…], …]}, the last line of stdout their scores.

pip install pycocoevalcap==1.2 nltk==3.10.4, and Java for METEOR and the tokeniser.
"""

import json
import sys

from nltk.translate.nist_score import corpus_nist
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

given = json.load(sys.stdin)
candidates, references = given["candidates"], given["references"]
captions = lambda texts: {index: [{"caption": text} for text in row] for index, row in enumerate(texts)}
tokenizer = PTBTokenizer()
written = tokenizer.tokenize(captions([[text or "nothing"] for text in candidates]))
right = tokenizer.tokenize(captions(references))
scores = {
    "bleu4": 100 * Bleu(4).compute_score(right, written)[0][3],
    "nist": corpus_nist([[text.split() for text in right[index]] for index in right],
                        [written[index][0].split() for index in written], n=5),
    "meteor": 100 * Meteor().compute_score(right, written)[0],
    "rougeL": 100 * Rouge().compute_score(right, written)[0],
    "cider": Cider().compute_score(right, written)[0],
}
print("\n" + json.dumps({name: float(value) for name, value in scores.items()}))
