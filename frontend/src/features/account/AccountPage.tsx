import { useMe } from "@/api/hooks";
import { Badge, buttonClass, Loaded, Page } from "@/ui";
import { PasswordForm } from "./PasswordForm";
import { ThemeChoice } from "./ThemeChoice";
import { Tokens } from "./Tokens";

export function AccountPage() {
  const query = useMe();
  return (
    <Page title="Account" width="narrow">
      <Loaded query={query} what="your account">
        {(me) => (
          <>
            <Section title="You">
              <p>
                <span className="font-medium">{me.username}</span>
                {me.email && <span className="text-muted"> · {me.email}</span>}
              </p>
              <ul className="flex flex-wrap gap-2" aria-label="Your teams">
                {me.teams.map((team) => (
                  <li key={team.id} className="flex items-center gap-1.5">
                    {team.name} <Badge>{team.role}</Badge>
                  </li>
                ))}
              </ul>
            </Section>
            <Section title="Appearance">
              <ThemeChoice />
            </Section>
            <Section title="Password">
              <PasswordForm key={String(me.has_password)} hasPassword={me.has_password} />
            </Section>
            <Section title="Two-step sign-in" lead="A code from an app on your phone, besides your password.">
              <div className="flex flex-wrap items-center gap-3">
                <Badge tone={me.has_second_factor ? "success" : "neutral"}>{me.has_second_factor ? "on" : "off"}</Badge>
                <a href="/second-factor/" className={buttonClass()}>
                  {me.has_second_factor ? "Recovery codes and removal" : "Set it up"}
                </a>
              </div>
            </Section>
            <Section title="API tokens" lead="For scripts and CI: a token stands for you, with what it and your role allow at that moment.">
              <Tokens />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Section({ title, lead, children }: { title: string; lead?: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3 rounded-lg border bg-surface p-4 shadow-card">
      <div>
        <h2 className="text-base font-semibold">{title}</h2>
        {lead && <p className="text-muted">{lead}</p>}
      </div>
      {children}
    </section>
  );
}
