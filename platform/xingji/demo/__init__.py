"""The demonstration: the 2022 round of Zhoukou, played through the GraphQL API by its actors."""
