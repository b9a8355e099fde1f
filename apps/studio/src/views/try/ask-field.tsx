// What the person says next; counted while it is typed.

import { useStudio } from "../page/use-studio.ts";

export function AskField() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  const { value: length } = chat.length;
  const isTooLong = chat.isTooLong.value;
  const send = (event: Event) => {
    event.preventDefault();
    void chat.send();
  };
  return (
    <form class="ask" onSubmit={send}>
      <label for="ask">{trying.ask}</label>
      <textarea
        id="ask"
        rows={2}
        value={chat.draft.value}
        placeholder={chat.chats.value === false ? trying.placeholderPlain : trying.placeholderChat}
        aria-describedby="ask-length"
        aria-invalid={isTooLong}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          send(event);
        }}
      />
      <div class="row spread">
        <p id="ask-length" class={isTooLong ? "problem" : "quiet figure"} role={isTooLong ? "alert" : undefined}>
          {length &&
            (isTooLong ? trying.tooLong(length.tokens, length.most) : trying.length(length.tokens, length.most))}
        </p>
        <div class="row">
          {chat.isTraining.value && <span class="quiet">{trying.training}</span>}
          {chat.tokensPerSecond.value > 0 && (
            <span class="quiet figure">{trying.speed(chat.tokensPerSecond.value)}</span>
          )}
          {chat.isAnswering.value ? (
            <button type="button" onClick={() => chat.stop()}>
              {trying.stop}
            </button>
          ) : (
            <button type="submit" class="main" disabled={!chat.canSend.value}>
              {trying.send}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
