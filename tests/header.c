/* A public header alone: it needs nothing before it. Compiled once for each, as C and as C++. */
#include HEADER

int main(void)
{
    return 0;
}
