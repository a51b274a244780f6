from copy import copy
from typing import Annotated, Any, NamedTuple

import pandas as pd
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline

from pipelines.sdk import Failure, Json, Model, Param, component, log_metric
from pipelines.sdk.learning import estimator, features_of, target_of


class Round(NamedTuple):
    """Where the training stands after this round.

    Attributes:
        checkpoint: The model so far; the next round goes on from it.
        best: The model of that round, up to this one, whose loss was the least.
        history: The loss on the test rows after each round.
        metrics: This round's loss and accuracy.
        stop: Whether it is no use to go on.
    """

    checkpoint: Model
    best: Model
    history: list[float]
    metrics: Json
    stop: bool


#: Where a checkpoint keeps the weights and the scores of the best round so far.
_BEST = "best_round_"


@component(title="Train some more", category="Train", icon="refresh-cw")
def train_more(
    train: pd.DataFrame,
    test: pd.DataFrame,
    checkpoint: Model | None = None,
    history: Json | None = None,
    *,
    target: Annotated[
        str,
        Param(
            title="Target",
            help="The column of categories to predict",
            format="column",
            min_length=1,
        ),
    ],
    epochs: Annotated[
        int,
        Param(title="Epochs", help="How often a round goes over all rows", minimum=1, maximum=1000),
    ] = 1,
    learning_rate: Annotated[
        float, Param(title="Learning rate", help="How far each step goes", exclusive_minimum=0)
    ] = 0.01,
    patience: Annotated[
        int,
        Param(
            title="Patience",
            help="Stop after so many rounds without a better loss",
            minimum=1,
            maximum=1000,
        ),
    ] = 3,
    seed: Annotated[
        int, Param(title="Seed", help="The same seed gives the same model", minimum=0)
    ] = 0,
) -> Round:
    """Train a linear classifier for one more round, from a checkpoint on, and look at its loss.

    In a loop this is incremental training with early stop: each round begins with the checkpoint of
    the one before, and `stop` says when the loss on the test rows gets no better; the last rounds are
    then past the best one, which is why `best` is what to go on with. A checkpoint remembers the best
    one. Stochastic gradient descent on the log loss.

    Args:
        train: The rows to learn from.
        test: The rows to judge the round with.
        checkpoint: The model of the round before; nothing in the first round.
        history: The losses of the rounds before.

    Examples:
        The first round:
            inputs:
                train: train of ml/split
                test: test of ml/split
            params:
                target: species
    """
    y, truth = target_of(train, target, "classification"), target_of(test, target, "classification")
    x, seen = features_of(train, (), target), features_of(test, (), target)
    if checkpoint is None:
        prepare = estimator("classification", "logistic_regression", {}, seed).named_steps[
            "prepare"
        ]
        prepare.fit(x)
        model = SGDClassifier(
            loss="log_loss", learning_rate="constant", eta0=learning_rate, random_state=seed
        )
        classes = sorted({*y.tolist(), *truth.tolist()}, key=str)
    else:
        fitted = checkpoint.load()
        if checkpoint.facts.get("target") != target:
            raise Failure(
                f"The checkpoint predicts `{checkpoint.facts.get('target')}`, not `{target}`."
            )
        prepare, model = fitted.named_steps["prepare"], fitted.named_steps["model"]
        classes = model.classes_.tolist()
    prepared = prepare.transform(x)
    for _ in range(epochs):
        model.partial_fit(prepared, y, classes=classes)
    whole = Pipeline([("prepare", prepare), ("model", model)])
    loss = float(log_loss(truth, whole.predict_proba(seen), labels=classes))
    accuracy = float(accuracy_score(truth, whole.predict(seen)))
    losses = [*(history or []), loss]
    rounds = len(losses)
    log_metric("loss", loss, step=rounds)
    log_metric("accuracy", accuracy, step=rounds)
    best = min(range(rounds), key=losses.__getitem__)
    print(f"round {rounds}: loss {loss:.4f}, accuracy {accuracy:.4f}; best was round {best + 1}")
    metrics = {"loss": loss, "accuracy": accuracy}
    if best == rounds - 1 or not hasattr(model, _BEST):
        weights = {"coef_": model.coef_.copy(), "intercept_": model.intercept_.copy()}
        setattr(model, _BEST, {"weights": weights, "rounds": rounds, "metrics": metrics})
    known = getattr(model, _BEST)
    facts = {
        "estimator": "SGDClassifier",
        "task": "classification",
        "target": target,
        "features": list(x.columns),
        "classes": classes,
        "rows": len(x),
    }
    return Round(
        checkpoint=Model.of(whole, facts={**facts, "rounds": rounds, "metrics": metrics}),
        best=Model.of(
            Pipeline([("prepare", prepare), ("model", _with(model, known["weights"]))]),
            facts={**facts, "rounds": known["rounds"], "metrics": known["metrics"]},
        ),
        history=losses,
        metrics={"round": rounds, **metrics},
        stop=rounds - 1 - best >= patience,
    )


def _with(model: SGDClassifier, weights: dict[str, Any]) -> SGDClassifier:
    other = copy(model)
    for name, value in weights.items():
        setattr(other, name, value)
    return other
