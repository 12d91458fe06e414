from tests.fixtures import desk, floor

__all__ = ["desk", "floor"]
