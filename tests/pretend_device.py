"""A second device for machines that have none: it computes on the CPU, and refuses what a real second device refuses.

A tensor on the device "pretend" holds its numbers in an ordinary tensor that nobody else sees. Each operation is
checked and then done on those, so code runs as on a GPU, with true values, and a tensor that was forgotten on the CPU
is found: mixing both is an error, as is drawing numbers on the device from a CPU generator or handing a tensor of
the device to NumPy. It shows nothing of a real device's rounding, speed, low precision and asynchrony.

It fills torch's slot for other makers' devices, "PrivateUse1", for the whole process: call `register` once.
"""

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils import backend_registration

NAME = "pretend"
COPIES = {"aten::copy_", "aten::_to_copy"}
INDEXING = {"aten::index", "aten::index_put_", "aten::index_put", "aten::_index_put_impl_"}
LIBRARIES = []  # what is registered stays so as long as its library object lives


class PretendTensor(torch.Tensor):
    """A tensor on the device; `numbers` is an ordinary tensor of the same shape and strides with its values."""

    @staticmethod
    def __new__(cls, numbers: Tensor):
        return torch.Tensor._make_wrapper_subclass(
            cls, numbers.shape, strides=numbers.stride(), storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype, device=torch.device(NAME, 0),
        )  # fmt: skip

    def __init__(self, numbers: Tensor):
        self.numbers = numbers

    def __repr__(self, **_):
        return f"{self.numbers!r} on {NAME}"

    def __tensor_flatten__(
        self,
    ):  # with these two, nn.Module.to exchanges whole tensors and not their storage
        return ["numbers"], None

    @staticmethod
    def __tensor_unflatten__(inner, context, shape, strides):
        return PretendTensor(inner["numbers"])

    def tolist(self):
        return self.numbers.tolist()

    def numpy(self, **_):
        raise TypeError(f"can't convert {NAME} device type tensor to numpy. Use Tensor.cpu() first")

    def __array__(self, *_, **__):
        return self.numpy()

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        """Check an operation, do it on the numbers, and wrap what comes out, unless it goes to the CPU."""
        kwargs = dict(kwargs or {})
        refuse_mixture(operation, args, kwargs)
        stays = operation._schema.name != "aten::_local_scalar_dense"  # .item()
        if kwargs.get("device") is not None:  # .to(), new_zeros() and the like name where the result goes
            stays, kwargs["device"] = torch.device(kwargs["device"]).type == NAME, torch.device("cpu")
        originals = {id(leaf.numbers): leaf for leaf in leaves(args, kwargs) if isinstance(leaf, cls)}
        args, kwargs = pytree.tree_map_only(cls, lambda tensor: tensor.numbers, (args, kwargs))
        result = operation(*args, **kwargs)
        if not stays:
            return result
        # an operation in place returns its argument, which must stay the very object it was
        return pytree.tree_map_only(
            Tensor, lambda t: originals[id(t)] if id(t) in originals else PretendTensor(t), result
        )


def leaves(args, kwargs) -> list:
    return pytree.tree_leaves((args, kwargs))


def refuse_mixture(operation, args, kwargs) -> None:
    """Raise RuntimeError, as a real device does, where an operation meets tensors of the device and of the CPU."""
    name, found = operation._schema.name, leaves(args, kwargs)
    if any(isinstance(leaf, torch.Generator) for leaf in found):
        raise RuntimeError(f"Expected a '{NAME}' device type for generator but found 'cpu' ({operation})")
    if name in COPIES:
        return
    if name in INDEXING:  # the places to read or write may lie on the CPU, what they belong to may not
        found = leaves([args[0], *args[2:]], {})
    about = zip(args, operation._schema.arguments, strict=False)
    written = {id(arg) for arg, it in about if it.alias_info is not None and it.alias_info.is_write}
    for leaf in found:
        if isinstance(leaf, Tensor) and not isinstance(leaf, PretendTensor):
            # a single number of the CPU may take part in what is done number by number, but not be written to
            if leaf.ndim == 0 and torch.Tag.pointwise in operation.tags and id(leaf) not in written:
                continue
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two, {NAME} and cpu ({operation})"
            )


class Backend(backend_registration._DummyBackendModule):
    """What torch asks a device's module, `torch.pretend`, for."""

    def get_amp_supported_dtype(self):
        return [torch.bfloat16, torch.float16]


def register() -> torch.device:
    """Make the device known to torch, once, and return it."""
    if not LIBRARIES:
        backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=Backend())
        library = torch.library.Library("aten", "IMPL")
        # the operations that have no tensor of the device to begin with; all others come to __torch_dispatch__
        library.impl("empty.memory_format", creating(torch.ops.aten.empty.memory_format), "PrivateUse1")
        library.impl("empty_strided", creating(torch.ops.aten.empty_strided.default), "PrivateUse1")
        library.impl("_copy_from", copy_from, "PrivateUse1")
        LIBRARIES.append(library)
    return torch.device(NAME, 0)


def creating(operation):
    return lambda *args, device=None, **kwargs: PretendTensor(operation(*args, device="cpu", **kwargs))


def copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """Fill a tensor of the device; `torch.tensor(…, device=…)` does it so."""
    target.numbers.copy_(source)
    return target
