"""Mean intersection over union of a segmentation."""

from collections.abc import Sequence

from jaxtyping import Float, Int64
from torch import Tensor
from torchmetrics.classification import MulticlassJaccardIndex

from chromantic.data.collections.voc import VOID


class MeanIou:
    """Gathers a confusion matrix over all photos, void pixels left out, as PASCAL VOC does."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = tuple(class_names)
        self._jaccard = MulticlassJaccardIndex(len(self.class_names), average="none", ignore_index=VOID)

    def update(
        self, class_logits: Float[Tensor, "batch classes height width"], labels: Int64[Tensor, "batch height width"]
    ) -> None:
        """Adds photos."""
        self._jaccard.update(class_logits.argmax(dim=1).cpu(), labels.cpu())

    def compute(self) -> tuple[float, dict[str, float]]:
        """The mean over the classes that occur (in labels or segmentation), and those classes' own values."""
        confusion = self._jaccard.confmat
        occurs = (confusion.sum(dim=0) + confusion.sum(dim=1)) > 0
        per_class = {
            name: iou
            for name, iou, here in zip(self.class_names, self._jaccard.compute().tolist(), occurs.tolist(), strict=True)
            if here
        }
        return sum(per_class.values()) / len(per_class), per_class
