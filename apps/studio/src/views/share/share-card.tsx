// A link to rows and settings, and a picture of the result.

import "./share.css";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { CardContent } from "../../share/layout-card.ts";
import type { LinkMade } from "../../state/share.ts";
import { Card } from "../page/card.tsx";
import { saveBlob, useStudio } from "../page/use-studio.ts";

/** Some chat programs cut off longer links. */
const longLink = 4000;

export function ShareCard() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const made = useSignal<LinkMade | undefined>(undefined);
  const makeLink = () => {
    state.copied.value = undefined;
    const now = state.makeLink(location.href);
    made.value = now;
    if ("link" in now) void state.copy(now.link);
  };
  if (!state.hasContent) return null;
  return (
    <Card id="share" title={share.title} lead={share.lead} place="wide">
      <div class="row">
        <button type="button" onClick={makeLink}>
          {share.copy}
        </button>
        <PictureButton />
      </div>
      {made.value && <MadeLink made={made.value} />}
    </Card>
  );
}

function MadeLink({ made }: { readonly made: LinkMade }) {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const id = useId();
  if ("problem" in made) {
    return (
      <p class="problem" role="alert">
        {share.problems[made.problem]}
      </p>
    );
  }
  return (
    <div class="made-link">
      <label for={id}>{share.link}</label>
      <input id={id} type="text" readOnly value={made.link} onFocus={(event) => event.currentTarget.select()} />
      <p class="quiet" role="status">
        {state.copied.value === "yes" && share.copied} {state.copied.value === "no" && share.notCopied}{" "}
        <span class="figure">{share.length(made.link.length)}</span> {made.link.length > longLink && share.long}
      </p>
    </div>
  );
}

function PictureButton() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const failure = useSignal<string | undefined>(undefined);
  const { card, cards } = state;
  const download = async () => {
    if (card === undefined) return;
    try {
      saveBlob(await state.drawCard(card, share.card), "lowrank-before-after.png");
      failure.value = undefined;
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <>
      <button type="button" disabled={card === undefined} onClick={download}>
        {share.picture}
      </button>
      {card === undefined && <span class="quiet">{share.noPicture}</span>}
      {cards.length > 0 && (
        <label class="inline">
          {share.pictureOf}
          <select
            value={card?.prompt}
            onChange={({ currentTarget }) => {
              state.shown.value = currentTarget.value;
            }}
          >
            {[...new Set(cards.map(({ prompt }) => prompt))].map((prompt) => (
              <option key={prompt}>{prompt}</option>
            ))}
          </select>
        </label>
      )}
      {failure.value && (
        <span class="problem" role="alert">
          {failure.value}
        </span>
      )}
    </>
  );
}

/** What a link's author got. */
function BeforeAfter({ prompt, before, after }: CardContent) {
  const { card } = useStudio().text.value.share;
  return (
    <dl class="before-after">
      <dt>{card.asked}</dt>
      <dd class="says">{prompt}</dd>
      <dt>{card.before}</dt>
      <dd class="before">
        <span>{before}</span>
      </dd>
      <dt>{card.after}</dt>
      <dd class="after">{after}</dd>
    </dl>
  );
}

export function OpenedLink() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const { opened, problem } = state;
  if (problem.value !== undefined) {
    return (
      <p class="failure" role="alert">
        {share.problems[problem.value]}{" "}
        <button type="button" onClick={() => state.dismiss()}>
          {share.keep}
        </button>
      </p>
    );
  }
  if (opened.value === undefined) return null;
  const { rows, model, result } = opened.value;
  return (
    <div class="opened" role="status">
      {share.opened(rows.length, model)}{" "}
      <button type="button" onClick={() => state.undo()}>
        {share.undo}
      </button>
      <button type="button" onClick={() => state.dismiss()}>
        {share.keep}
      </button>
      {result && <BeforeAfter {...result} />}
    </div>
  );
}
