// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "./problem";
import { session } from "./session";
import { transport } from "./transport";

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });
const post = (signal?: AbortSignal) =>
  new Request("http://penstock.test/api/v1/things/", { method: "POST", body: '{"name":"x"}', signal });

let fetched: Request[] = [];
const answers: (() => Promise<Response>)[] = [];
const answer = (status: number, body: unknown = {}) => answers.push(() => Promise.resolve(json(status, body)));

beforeEach(() => {
  fetched = [];
  answers.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    fetched.push(request);
    return (answers.shift() as () => Promise<Response>)();
  });
  document.cookie = "penstock_csrf=secret1";
});

afterEach(() => {
  vi.unstubAllGlobals();
  session.restored();
});

test("what changes something shows the CSRF token", async () => {
  answer(201);
  await transport(post());
  expect(fetched[0]?.headers.get("X-CSRFToken")).toBe("secret1");
  answer(200);
  await transport(new Request("http://penstock.test/api/v1/things/"));
  expect(fetched[1]?.headers.get("X-CSRFToken")).toBeNull();
});

test("a problem is thrown with its words, its code and its findings", async () => {
  answer(422, { title: "The definition has problems", detail: "2 problems.", code: "invalid_definition", problems: [{ code: "cycle", message: "a → a" }] });
  const problem = (await transport(post()).catch((error: unknown) => error)) as ApiProblem;
  expect(problem).toBeInstanceOf(ApiProblem);
  expect([problem.status, problem.code, problem.message, problem.temporary]).toEqual([422, "invalid_definition", "2 problems.", false]);
  expect(problem.problems).toHaveLength(1);
});

test("an answer that is no JSON is still told in words", async () => {
  answers.push(() => Promise.resolve(new Response("<html>Bad gateway</html>", { status: 502 })));
  await expect(transport(post())).rejects.toMatchObject({ status: 502, temporary: true, message: /server failed/ });
});

test("no answer is a problem that may pass", async () => {
  answers.push(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(transport(post())).rejects.toMatchObject({ status: 0, code: "unreachable", temporary: true });
});

test("when the session has ended the request waits, and goes out again with the new token", async () => {
  answer(401);
  answer(201, { id: 7 });
  const going = transport(post());
  await vi.waitFor(() => expect(session.isExpired()).toBe(true));
  expect(fetched).toHaveLength(1);
  document.cookie = "penstock_csrf=secret2";
  session.restored();
  expect(await (await going).json()).toEqual({ id: 7 });
  expect(fetched[1]?.headers.get("X-CSRFToken")).toBe("secret2");
  expect(await fetched[1]?.text()).toBe('{"name":"x"}');
});

test("a request that is given up does not wait for anybody", async () => {
  answer(401);
  const controller = new AbortController();
  const going = transport(post(controller.signal));
  await vi.waitFor(() => expect(session.isExpired()).toBe(true));
  controller.abort();
  await expect(going).rejects.toMatchObject({ name: "AbortError" });
  expect(fetched).toHaveLength(1);
});
