// The headers that isolate a page, and the workers in it, from other origins.

/**
 * The same response with them. What comes from other servers then has to allow it by CORS, as the Hugging Face Hub does.
 * Responses without a status – opaque ones, redirects, errors – are left alone: they cannot be changed.
 */
export function isolated(response: Response): Response {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}
