import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "@/api/queryClient";
import { Toaster, TooltipProvider } from "@/ui";
import { applyTheme, followOtherTabs } from "@/ui/theme";
import "@/ui/tokens.css";
import { createRouter } from "./router";
import { SignInAgain } from "./SignInAgain";
import { followUpdates } from "./updates";

applyTheme();
followOtherTabs();
followUpdates();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element with the id `root`; templates/app.html must hold it.");

const queryClient = createQueryClient();

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <RouterProvider router={createRouter()} />
        <SignInAgain />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
