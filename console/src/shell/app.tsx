// The frame of every page: where one can go, who one is, how old what is shown may be, and what is wrong just now.

import { signal } from "@preact/signals";
import type { FunctionComponent, JSX } from "preact";
import { Component } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Notices } from "../parts/notices.js";
import { Sheet } from "../parts/sheet.js";
import { AsOf } from "./as_of.js";
import { Banners } from "./banners.js";
import { Identity } from "./identity.js";
import { href, route } from "./router.js";
import { ThemeChoice } from "./theme_choice.js";

type Page = FunctionComponent;
interface Place {
  readonly page: string;
  /** In the navigation; undefined: reached from elsewhere. */
  readonly label?: string;
  readonly load: () => Promise<{ default: Page }>;
  /** Large, and of no use while the server is away. */
  readonly onDemand?: boolean;
  /** Which entry of the navigation it belongs to. */
  readonly below?: string;
}

const places: readonly Place[] = [
  { page: "overview", label: "Overview", load: () => import("../overview/page.js") },
  { page: "ownership", label: "Ownership", load: () => import("../ownership/page.js") },
  { page: "buffers", label: "Texts", load: () => import("../buffers/page.js") },
  { page: "drafts", label: "Drafts", load: () => import("../drafts/page.js") },
  { page: "sessions", label: "Sessions", load: () => import("../sessions/page.js") },
  { page: "events", label: "Events", load: () => import("../events/page.js") },
  { page: "health", label: "Health", load: () => import("../health/page.js") },
  { page: "try", label: "Try it", load: () => import("../try/page.js"), onDemand: true },
  { page: "lease", below: "ownership", load: () => import("../lease/page.js") },
  { page: "edit", below: "buffers", load: () => import("../edit/page.js"), onDemand: true },
  { page: "draft", below: "drafts", load: () => import("../draft/page.js"), onDemand: true },
];

const reload = (): void => location.reload();
/** Pages whose part of the program is here. */
const loaded = signal<ReadonlyMap<string, Page>>(new Map());

async function fetched({ page, load }: Place): Promise<void> {
  if (loaded.peek().has(page)) return;
  const module = await load();
  loaded.value = new Map(loaded.peek()).set(page, module.default);
}

const settledMs = 15_000;

/**
 * Who keeps a page open may need another one in the midst of an incident, when none can be had. So the rest is fetched once
 * the first has been there for a while.
 */
export function loadTheRest(): void {
  setTimeout(async () => {
    for (const place of places) {
      if (!place.onDemand) await fetched(place).catch(() => undefined); // It is tried again when it is wanted.
    }
  }, settledMs);
}

/** Whatever breaks in a page leaves the frame, and a sentence. */
class Unbroken extends Component<{ readonly where: string }, { readonly error?: unknown }> {
  override state: { error?: unknown } = {};
  static override getDerivedStateFromError = (error: unknown): { error: unknown } => ({ error });
  override componentDidUpdate(before: { where: string }): void {
    if (before.where !== this.props.where && this.state.error !== undefined) this.setState({ error: undefined });
  }
  override render(): JSX.Element {
    if (this.state.error === undefined) return <>{this.props.children}</>;
    return (
      <Sheet title="This page broke" about="Nothing that is owned has changed by that.">
        <button type="button" onClick={reload}>
          Load the page anew
        </button>
        <p class="aside">What the browser says: {String(this.state.error)}</p>
      </Sheet>
    );
  }
}

function Shown(): JSX.Element {
  const { page } = route.value;
  const place = places.find((one) => one.page === page);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (!place) return undefined;
    let gone = false;
    setFailed(undefined);
    fetched(place).catch((error: unknown) => !gone && setFailed(String(error)));
    return () => void (gone = true);
  }, [page]);
  if (!place) {
    return (
      <Sheet title="There is no such page" about="It may be of another version.">
        <a href={href("overview")}>To the overview</a>
      </Sheet>
    );
  }
  const Page = loaded.value.get(page);
  if (Page) return <Page key={page} />;
  if (failed !== undefined) {
    return (
      <Sheet
        title="This part of the page could not be loaded"
        about="The server does not answer, or it was upgraded and has another version of this page by now."
      >
        <button type="button" onClick={reload}>
          Load the page anew
        </button>
        <p class="aside">{failed}</p>
      </Sheet>
    );
  }
  return <p class="loading">Loading…</p>;
}

function Navigation(): JSX.Element {
  const { page } = route.value;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [page]);
  const here = places.find((place) => place.page === page)?.below ?? page;
  return (
    <nav aria-label="Pages">
      <ul ref={list}>
        {places.map(
          ({ page: to, label }) =>
            label !== undefined && (
              <li key={to}>
                <a href={href(to)} aria-current={to === here ? "page" : undefined}>
                  {label}
                </a>
              </li>
            ),
        )}
      </ul>
    </nav>
  );
}

/** Without its frame, where another page shows it within itself. */
const bare = (): boolean => route.value.query.get("bare") === "1" && route.value.page === "try";

export function App(): JSX.Element {
  if (bare()) {
    return (
      <main class="bare">
        <Unbroken where="try">
          <Shown />
        </Unbroken>
      </main>
    );
  }
  const { page, subject } = route.value;
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), document.getElementById("content")?.focus())}>
        To the content
      </a>
      <header>
        <a class="brand" href={href("overview")}>
          <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
            <path d="M6 14h20v14H6zM11 14V9a5 5 0 0 1 10 0v5" />
            <circle cx="16" cy="21" r="2.4" />
          </svg>
          Holdfast
        </a>
        <AsOf />
        <Identity />
        <ThemeChoice />
      </header>
      <Navigation />
      <main id="content" tabIndex={-1}>
        <Banners />
        <Unbroken where={`${page}/${subject}`}>
          <Shown key={`${page}/${subject}`} />
        </Unbroken>
      </main>
      <Notices />
    </>
  );
}
