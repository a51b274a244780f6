import { Blocks, History, type LucideIcon, Monitor, Server, Workflow } from "lucide-react";
import { Suspense } from "react";
import { Link, NavLink, Outlet, useLocation, useNavigation } from "react-router";
import { clsx } from "clsx";
import { AccountMenu } from "./AccountMenu";
import { Logo } from "./Logo";
import { PageLoading } from "./PageLoading";
import { TeamSwitcher } from "@/features/team/TeamSwitcher";
import { IconButton, Menu } from "@/ui";
import { setTheme, THEMES, useTheme } from "@/ui/theme";

interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  /** Addresses that belong to this place too. */
  within?: string;
}

const PLACES: Place[] = [
  { to: "/", label: "Pipelines", icon: Workflow, within: "/pipelines/" },
  { to: "/runs", label: "Runs", icon: History },
  { to: "/components", label: "Components", icon: Blocks },
  { to: "/workers", label: "Workers", icon: Server },
];

/** The top bar with the places, and the page under it. */
export function Shell() {
  const navigation = useNavigation();
  const { pathname } = useLocation();
  const theme = useTheme();
  const ThemeIcon = THEMES.find(({ id }) => id === theme)?.icon ?? Monitor;
  return (
    <div className="flex h-full flex-col">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-[90] focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
      >
        Skip to the page
      </a>
      <header className="relative flex h-11 shrink-0 items-center gap-1 border-b bg-surface px-3">
        <Link to="/" className="mr-3 flex items-center gap-2 rounded-md font-semibold" aria-label="Penstock, home">
          <Logo />
          <span className="text-base tracking-tight max-md:sr-only">Penstock</span>
        </Link>
        <TeamSwitcher />
        <nav aria-label="Main" className="flex flex-1 items-center gap-0.5">
          {PLACES.map(({ to, label, icon: Icon, within }) => (
            <NavLink
              key={to}
              to={to}
              end={to === "/"}
              title={label}
              className={({ isActive }) =>
                clsx(
                  "flex h-8 items-center gap-1.5 rounded-md px-2.5 font-medium",
                  isActive || (within && pathname.startsWith(within)) ? "bg-hover text-ink" : "text-muted hover:bg-hover hover:text-ink",
                )
              }
            >
              <Icon className="size-4" aria-hidden />
              <span className="max-md:sr-only">{label}</span>
            </NavLink>
          ))}
        </nav>
        <Menu
          items={THEMES.map(({ id, label, icon: Icon }) => ({
            id,
            label,
            icon: <Icon aria-hidden />,
            checked: theme === id,
            onSelect: () => setTheme(id),
          }))}
        >
          <IconButton label="Theme" icon={<ThemeIcon />} />
        </Menu>
        <AccountMenu />
        {navigation.state !== "idle" && (
          <div role="progressbar" aria-label="Loading the page" className="absolute inset-x-0 -bottom-px h-0.5 animate-pulse-soft bg-accent" />
        )}
      </header>
      <main id="page" tabIndex={-1} className="min-h-0 flex-1 overflow-auto outline-none">
        <Suspense fallback={<PageLoading />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}
